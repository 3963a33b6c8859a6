"""Lists: columns as values, a chooser, sorting, page size, totals and saved views, the same for every list."""
