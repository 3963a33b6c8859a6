"""Renewals: what expires by month, who has been contacted, and renewing one or many."""
