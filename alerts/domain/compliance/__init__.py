"""Closed-management compliance: what counts as evidence, and what each rule makes of it.

Each rule is a function of a school's day and of its parameters; `catalogue` lists them all. Nothing here reads a clock.
"""
