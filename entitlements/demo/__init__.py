"""The demo: made-up customers on real price catalogs, with a year of history."""
