"""Named SQL: each statement stands in a `.sql` file under `-- name:`, with one line of why."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from types import MappingProxyType

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def read_statements(document: str) -> MappingProxyType[str, str]:
    """The statements of `statements/{document}.sql` by name."""
    text = files("alerts.storage").joinpath(f"statements/{document}.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    return MappingProxyType(
        {name: body.strip().rstrip(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}
    )


def list_documents() -> list[str]:
    """The names of all SQL documents, so that a test can prepare every statement against the real schema."""
    folder = files("alerts.storage").joinpath("statements")
    return sorted(entry.name.removesuffix(".sql") for entry in folder.iterdir() if entry.name.endswith(".sql"))
