"""What is held about one customer: all of it as JSON, and made unreadable on request."""
