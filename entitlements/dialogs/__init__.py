"""How people ask for an operation: the confirm flow, the preview panel, and the forms."""
