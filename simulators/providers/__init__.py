"""Providers of SMS, calls, chat robots and mail as they behave from outside, with telephones to pick up."""
