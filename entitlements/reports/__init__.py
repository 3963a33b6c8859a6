"""Questions about all entitlements at once: how many, since when, how far from the catalog. Reads only."""
