"""What ``check_entitlements`` looks at: stored numbers, terms, the log of each entitlement, and rows written once."""
