"""The page for the people who fill the files: its examples land as they stand."""

from __future__ import annotations

import csv
from itertools import groupby
from pathlib import Path

import pytest

from alerts.importing import FileUnreadable, Source, TableKind, import_sources, open_source
from alerts.storage.database import Database

PAGE = Path(__file__).parents[3] / "docs" / "import.md"


def write_examples(text: str, folder: Path) -> list[Source]:
    """Every table of a page that the importer takes for one of its files."""
    sources: list[Source] = []
    tables = [list(lines) for is_table, lines in groupby(text.splitlines(), lambda line: line[:1] == "|") if is_table]
    for number, lines in enumerate(tables):
        path = folder / f"{number}.csv"
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(cells[:1] + cells[2:])
        try:
            sources.append(open_source(path))
        except FileUnreadable:
            continue
    return sources


@pytest.mark.parametrize("language", ["中文", "English"])
async def test_the_examples_of_the_page_land_as_they_stand(database: Database, tmp_path: Path, language: str) -> None:
    part = PAGE.read_text(encoding="utf-8").split(f"\n## {language}\n")[1].split("\n## ")[0]
    sources = write_examples(part, tmp_path)
    assert {source.table.kind for source in sources} == set(TableKind)
    reports = [report async for report in import_sources(database, sources, by="wang")]
    assert [(report.kind, report.bad_rows, report.unknown_headings) for report in reports] == [
        (kind, (), ()) for kind in TableKind
    ]
