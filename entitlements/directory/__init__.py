"""Customers, orders, codes and notes: ordinary edits, with their lines in the log."""
