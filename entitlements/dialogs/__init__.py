"""The dialogs of operations: the confirm flow, the preview panel, the forms."""
