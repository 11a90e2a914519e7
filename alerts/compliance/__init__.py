"""Closed-management compliance: evidence taken in, rules judged live and day by day, breaches, hazards."""
