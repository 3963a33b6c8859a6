"""Customers, orders, activation codes and notes: ordinary edits, each with its line in Django's log."""
