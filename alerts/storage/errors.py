"""Errors that the storage raises towards the use cases."""

from __future__ import annotations


class StorageUnavailable(Exception):
    """The database is away, restarting or out of reach: hold what you have and try again."""


class SchemaMissing(StorageUnavailable):
    """The database has no schema, or an older one: `python -m alerts migrate` mends it, and whoever waits goes on."""


class UnknownReference(Exception):
    """A row names another that does not exist."""
