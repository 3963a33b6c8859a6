"""The catalog's staff pages, a module per kind of page."""
