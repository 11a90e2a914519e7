"""Policies, coverage, plans and the test month."""
