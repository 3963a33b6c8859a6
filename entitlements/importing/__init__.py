"""Import customers and entitlements from CSV files: read, checked line by line, previewed, all or nothing."""
