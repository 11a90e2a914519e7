"""Providers of SMS, calls and chat robots as they behave from outside, with telephones that a person can pick up."""
