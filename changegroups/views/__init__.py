"""Staff pages of change groups."""
