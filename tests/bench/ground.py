"""The folder of a measurement."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def open_ground() -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter when root measures; gone afterwards, which can be gigabytes."""
    with tempfile.TemporaryDirectory(prefix="campus-alert-bench-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder
