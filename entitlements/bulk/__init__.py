"""One operation on many entitlements, batch by batch, as one act."""
