"""Forms: text in, operations out."""
