"""Between PostgreSQL's records and our frozen values: one way in, one way out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar, cast

import asyncpg
import msgspec

T = TypeVar("T")
_read_instants = msgspec.json.Decoder(list[datetime]).decode
# What COPY would take for a sign of its own.
_ESCAPES: Mapping[str, str] = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_SPECIAL = re.compile(r"[\\\t\n\r]")


def read_record(record: asyncpg.Record, type_: type[T]) -> T:
    """One record as a value of `type_`; columns that the type does not have are passed over."""
    return msgspec.convert(dict(record), type_)


def read_records(records: Iterable[asyncpg.Record], type_: type[T]) -> list[T]:
    """Records as values of `type_`."""
    return [msgspec.convert(dict(record), type_) for record in records]


def read_json(text: str | None, type_: type[T]) -> list[T]:
    """What `json_agg` gave, as values of `type_`; nothing found is NULL, and an empty list here."""
    return [] if text is None else msgspec.json.decode(text, type=list[type_])  # type: ignore[valid-type]


def read_instants(texts: Sequence[str]) -> list[datetime]:
    """Instants that came as PostgreSQL writes them in UTC, all at once: in a quarter of the time that instants take."""
    said = '","'.join(texts).replace("+00", "Z")
    return _read_instants(f'["{said}"]') if texts else []


def write_rows(rows: Sequence[Any]) -> str:
    """Values as the JSON that `json_to_recordset` takes: bytes in base64, instants in RFC 3339."""
    return msgspec.json.encode(rows).decode()


def write_document(value: object) -> str:
    """One value as JSON."""
    return msgspec.json.encode(value).decode()


def write_columns(rows: Iterable[Sequence[Any]]) -> list[Any]:
    """Rows as one parameter a column, for `json_array_elements_text`: PostgreSQL reads that in half the time of
    `json_to_recordset`, and arrays cost this process ten times as much. Bytes stay as they are, for `unnest`."""
    columns = zip(*rows, strict=True)
    return [column if isinstance(column[0], bytes) else write_rows(column) for column in columns]


def write_copy(rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Rows of texts, dates, instants or bytes as COPY takes them in a line of text each. Column by column: value by
    value, this process would be busy twice as long."""
    return map("\t".join, zip(*map(_write_copy_column, zip(*rows, strict=True)), strict=True))


def _write_copy_column(column: Sequence[Any]) -> Sequence[str]:
    if isinstance(column[0], bytes):
        return [rf"\\x{value.hex()}" for value in column]
    words = msgspec.to_builtins(column)
    if None in words:
        return [r"\N" if word is None else _escape(word) for word in words]
    return [_escape(word) for word in words] if _SPECIAL.search("".join(words)) else cast(list[str], words)


def _escape(word: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPES[found[0]], word)
