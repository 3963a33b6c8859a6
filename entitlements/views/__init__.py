"""Pages about who holds what."""
