"""Amendments on pages: the list of what is scheduled, the page of one, and what can be done with one."""
