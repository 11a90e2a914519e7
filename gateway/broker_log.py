"""What a broker's log tells of sign-ins. Pure but for `LogFile`, which reads what was added to a file.

NATS names whom it refuses, and tells nothing of whom it lets in. Mosquitto names whom it lets in, and of others tells
only that somebody was refused: the address is that of a connection that came to nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

# A client chooses its identifier and its name. NATS quotes both and escapes quotes in them; in Mosquitto's line the
# name is last.
_NATS_REFUSED = re.compile(r'\[ERR\] (\S+):\d+ - mid:\d+ - .* - authentication error - User "([^"\\]*)"$')
_CAME = re.compile(r"New connection from (\S+):(\d+) on port \d+\.$")
_LET_IN = re.compile(r"New client connected from (\S+):(\d+) as .* \(p\d, c\d, k\d+, u'([^']*)'\)\.$")
_REFUSED = re.compile(r"Client <unknown>.* disconnected[,:] not authorised\.$")
_PENDING_LIMIT = 1000  # connections that did not say who they are yet
_READ_LIMIT_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody came to a broker; the name is empty where it tells none."""

    user_name: str
    address: str
    let_in: bool


class LogReader(Protocol):
    """Reads the lines of one kind of broker, in order."""

    def read(self, line: str) -> SignIn | None:
        """What a line tells of a sign-in."""


class NatsLog:
    """Lines of NATS."""

    def read(self, line: str) -> SignIn | None:
        """A refused sign-in."""
        found = _NATS_REFUSED.search(line)
        return None if found is None else SignIn(found[2], found[1], let_in=False)


class MosquittoLog:
    """Lines of Mosquitto."""

    def __init__(self) -> None:
        self._pending: dict[tuple[str, str], None] = {}

    def read(self, line: str) -> SignIn | None:
        """A sign-in by name, or a refused one from the connection that waited longest."""
        if came := _CAME.search(line):
            if len(self._pending) >= _PENDING_LIMIT:
                self._pending.pop(next(iter(self._pending)))
            self._pending[came[1], came[2]] = None
        elif let_in := _LET_IN.search(line):
            self._pending.pop((let_in[1], let_in[2]), None)
            return SignIn(let_in[3], let_in[1], let_in=True)
        elif _REFUSED.search(line):
            oldest = next(iter(self._pending), ("", ""))
            self._pending.pop(oldest, None)
            return SignIn("", oldest[0], let_in=False)
        return None


class LogFile:
    """A log that is written to, and now and then begun anew. What stood in it before is not read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position: int | None = None
        self._file_number = 0
        self._rest = b""

    def read_lines(self) -> Iterator[str]:
        """Whole lines that were added since; at most a megabyte."""
        try:
            with self._path.open("rb") as file:
                self._find_place(os.fstat(file.fileno()))
                file.seek(self._position or 0)
                said = file.read(_READ_LIMIT_BYTES)
        except FileNotFoundError:
            self._position = 0  # all that comes is new
            return
        self._position = (self._position or 0) + len(said)
        *lines, self._rest = (self._rest + said).split(b"\n")
        yield from (line.decode("utf-8", "replace") for line in lines)

    def _find_place(self, state: os.stat_result) -> None:
        if self._position is None:
            self._position = state.st_size
        elif state.st_ino != self._file_number or state.st_size < self._position:
            self._position, self._rest = 0, b""
        self._file_number = state.st_ino
