"""The catalog: products, offerings and their published revisions."""
