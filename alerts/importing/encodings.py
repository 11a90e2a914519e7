"""Which of the two encodings a file is in. It is told from the bytes, or refused: a wrong guess would garble names."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

_CHUNK_BYTES = 1 << 20
_THREE_BYTES_WIDE = re.compile("[^\u0000-\u07ff]")
_ADVICE = "open it in the spreadsheet and save it as “CSV UTF-8”"
_OTHER_FORMATS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", f"is an old Excel workbook (.xls), whatever its name says: {_ADVICE}"),
    (b"%PDF", "is a PDF: export the table itself, as “CSV UTF-8”"),
    (b"\xff\xfe", f"is UTF-16 text (“Unicode text” in Excel): {_ADVICE}"),
    (b"\xfe\xff", f"is UTF-16 text (“Unicode text” in Excel): {_ADVICE}"),
)


class Encoding(StrEnum):
    """What files may be in; the values are Python's names."""

    UTF_8 = "utf-8"
    GB18030 = "gb18030"


_MARKS = ((codecs.BOM_UTF8, Encoding.UTF_8), ("\ufeff".encode("gb18030"), Encoding.GB18030))


class FileUnreadable(Exception):
    """A file of which not one row can be taken; the message says what to do about it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file: its encoding, and where its text begins behind a byte order mark."""

    encoding: Encoding
    start: int


@dataclass(slots=True)
class _Scan:
    """What decoding a whole file with one encoding showed: the first line that does not fit, how wide its signs are."""

    bad_line: int | None = None
    ascii_only: bool = True
    three_bytes_wide: bool = False


def find_reading(file: BinaryIO, said: Encoding | None = None) -> Reading:
    """Tells the encoding of a file, or checks the one that is `said`. Raises FileUnreadable."""
    head = file.read(64)
    _refuse_other_formats(head)
    marked = next(((mark, encoding) for mark, encoding in _MARKS if head.startswith(mark)), None)
    start = len(marked[0]) if marked else 0
    certain = said or (marked[1] if marked else None)
    if certain is None:
        return Reading(_tell(file), start)
    bad_line = _scan(file, certain, start).bad_line
    if bad_line is not None:
        raise FileUnreadable(f"is not {certain.upper()} as it should be (line {bad_line}): {_ADVICE}")
    return Reading(certain, start)


def _refuse_other_formats(head: bytes) -> None:
    if not head:
        raise FileUnreadable("is empty: was it saved?")
    for beginning, what in _OTHER_FORMATS:
        if head.startswith(beginning):
            raise FileUnreadable(what)
    if b"\0" in head:
        raise FileUnreadable(f"is not text: {_ADVICE}")


def _tell(file: BinaryIO) -> Encoding:
    """UTF-8 refuses nearly everything else, GB18030 takes much. Still, a short GB18030 text can pass for UTF-8 of
    two-byte signs (模 reads as ģ), in which no Chinese is written: then nobody can tell."""
    utf_8 = _scan(file, Encoding.UTF_8)
    if utf_8.bad_line is None and (utf_8.ascii_only or utf_8.three_bytes_wide):
        return Encoding.UTF_8
    gb18030 = _scan(file, Encoding.GB18030)
    if utf_8.bad_line is None and gb18030.bad_line is None:
        raise FileUnreadable("could be UTF-8 or GB18030: say which with --encoding, or save it as “CSV UTF-8”")
    if utf_8.bad_line is None:
        return Encoding.UTF_8
    if gb18030.bad_line is None:
        return Encoding.GB18030
    lines = f"UTF-8 (see line {utf_8.bad_line}) nor GB18030 (see line {gb18030.bad_line})"
    raise FileUnreadable(f"is neither {lines}: {_ADVICE}")


def _scan(file: BinaryIO, encoding: Encoding, start: int = 0) -> _Scan:
    file.seek(start)
    decoder = codecs.getincrementaldecoder(encoding)()
    scan, line = _Scan(), 1
    for chunk, final in _read_chunks(file):
        try:
            text = decoder.decode(chunk, final)
        except UnicodeDecodeError as error:
            scan.bad_line = line + error.object.count(b"\n", 0, error.start)
            return scan
        line += text.count("\n")
        scan.ascii_only = scan.ascii_only and text.isascii()
        scan.three_bytes_wide = scan.three_bytes_wide or _THREE_BYTES_WIDE.search(text) is not None
    return scan


def _read_chunks(file: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    while chunk := file.read(_CHUNK_BYTES):
        if len(chunk) == _CHUNK_BYTES and b"\n" not in chunk and b"\r" not in chunk:
            raise FileUnreadable("has a line of more than a million bytes: it is not a table")
        yield chunk, False
    yield b"", True
