"""Kinds of text that requests carry."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, Field, StringConstraints


def _refuse_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the character NUL, which no database keeps")
    return text


CODE_PATTERN = r"^[A-Za-z0-9_-]{1,64}$"  # contract, section 1: the levels of a topic
Words = Annotated[str, AfterValidator(_refuse_nul)]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), AfterValidator(_refuse_nul)
]
Code = Annotated[str, Field(pattern=CODE_PATTERN)]
CodePath = Annotated[str, Path(pattern=CODE_PATTERN)]
CodeQuery = Annotated[str | None, Query(pattern=CODE_PATTERN)]
NumberPath = Annotated[int, Path(ge=1, lt=1 << 62)]
