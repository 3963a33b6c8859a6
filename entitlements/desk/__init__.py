"""What staff look at: the entitlement's page, lists, search, dashboard, reports."""
