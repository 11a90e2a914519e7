"""An Excel workbook (.xlsx) as rows of text: its first visible sheet, each cell as a person reads it there."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from alerts.importing.encodings import FileUnreadable

BEGINNING = b"PK\x03\x04"
_ADVICE = "open it in the spreadsheet and save it anew as .xlsx, or save it as “CSV UTF-8”"
_LARGEST_BYTES = 256 << 20  # unpacked; a small file can be made to unpack to anything
_EXACT_BELOW = 10**15  # a spreadsheet's numbers have 15 digits, what is longer was rounded
_BROKEN = (
    BadZipFile,
    zlib.error,
    EOFError,
    SyntaxError,  # XML that is not well formed
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
)


def read_workbook(path: Path) -> Generator[tuple[int, tuple[str, ...]], None, None]:
    """The rows that hold something, each with its number in the sheet. Raises FileUnreadable."""
    from openpyxl import load_workbook  # a third of the import's start, which CSV files do without

    with _refuse_broken():
        _refuse_too_large(path)
        # With cached values of formulas, as the person saw them last.
        with closing(load_workbook(path, read_only=True, data_only=True)) as book:
            sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
            if sheet is None:
                raise FileUnreadable("is an Excel workbook without a sheet that can be seen")
            sheet.reset_dimensions()  # what programs write there is often wrong
            for line, values in enumerate(sheet.iter_rows(values_only=True), start=1):
                cells = tuple(_write(value) for value in values)
                if any(cell.strip() for cell in cells):
                    yield line, cells


@contextmanager
def _refuse_broken() -> Iterator[None]:
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        yield
    except (InvalidFileException, *_BROKEN) as error:
        raise FileUnreadable(f"is an Excel workbook (.xlsx) that cannot be read ({error}): {_ADVICE}") from error


def _refuse_too_large(path: Path) -> None:
    with ZipFile(path) as packed:
        if sum(one.file_size for one in packed.infolist()) > _LARGEST_BYTES:
            raise FileUnreadable(f"is an Excel workbook that is too large to be a table of ours: {_ADVICE}")


def _write(value: Any) -> str:
    """A cell's value as text. Whole numbers have no point, days no time; one that was rounded shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_BELOW:
        return str(int(value))
    if isinstance(value, int | float) and abs(value) >= _EXACT_BELOW:
        return f"{value:.5E}"
    if isinstance(value, datetime) and value.time() == time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date | time) else str(value)
