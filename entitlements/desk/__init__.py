"""The pages of staff: the entitlement's page, lists, search, dashboard, reports."""
