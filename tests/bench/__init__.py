"""Measures speed beside floors taken in the same run: `make bench`. Nothing here is a test."""
