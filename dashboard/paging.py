"""Answers of ours: JSON by msgspec, lists page by page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Query, Response
from pydantic import BaseModel

from dashboard.problems import FieldError, Problem

T = TypeVar("T")
LONGEST_PAGE = 500
USUAL_PAGE = 100

Limit = Annotated[int, Query(ge=1, le=LONGEST_PAGE, description="How many items at most.")]
CursorText = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """One page of a list; `next` is the cursor of the following one, null when this is the last."""

    items: list[T]
    next: str | None


def answer(value: Any, status: int = 200) -> Response:
    """A value as JSON; dataclasses by their fields, instants in RFC 3339."""
    return Response(msgspec.json.encode(value), status, media_type="application/json")


def answer_page(items: Sequence[Any], limit: int, key: str) -> Response:
    """A page of at most `limit` items, of which one more was asked for to know whether there is another page.

    `key` is the field by which the list is ordered.
    """
    shown = items[:limit]
    more = len(items) > limit
    return answer({"items": shown, "next": write_key(getattr(shown[-1], key)) if more else None})


def write_key(key: str | int) -> str:
    """An opaque cursor. Clients hand it back as it is, so what is in it may change."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).decode().rstrip("=")


def read_text_key(cursor: str | None) -> str | None:
    """The text that a cursor carries."""
    return None if cursor is None else _read_key(cursor, str)


def read_number_key(cursor: str | None) -> int | None:
    """The number that a cursor carries."""
    return None if cursor is None else _read_key(cursor, Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)])


def _read_key(cursor: str, type_: Any) -> Any:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), type=type_)
    except (ValueError, binascii.Error, msgspec.DecodeError) as error:
        raise Problem("invalid-request", errors=[FieldError("query.cursor", "not a cursor of this list")]) from error
