"""What the commands share: how one of them works on the database, and how it prints."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from typing import TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alerts.settings import Settings
from alerts.storage.database import Database
from alerts.storage.seals import Seal
from alerts.terminal import fail

T = TypeVar("T")
OPERATOR = "operator at the terminal"
_PIPED_WIDTH = 200  # a reason should stay on its line when the answer goes into a file


def on_database(work: Callable[[Database], Awaitable[T]], *refusals: type[Exception]) -> T:
    """What `work` answers. Its `refusals`, and a database that does not answer, end the program with their sentence."""

    async def whole() -> T:
        async with open_database() as database:
            return await work(database)

    try:
        return asyncio.run(whole())
    except refusals as error:
        fail(str(error))
    except OSError as error:
        fail(f"the database does not answer: {error}")


@asynccontextmanager
async def open_database(max_size: int = 2) -> AsyncIterator[Database]:
    """The database of the settings, for as long as a command runs."""
    settings = Settings()
    database = await Database.open(settings.need_database_url(), application_name="campus-alerts", max_size=max_size)
    database.seal = Seal(settings.list_secret_keys())
    try:
        yield database
    finally:
        await database.close()


def make_console() -> Console:
    """The console of an answer, wide enough when it goes into a file."""
    return Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)


def make_table(headings: Iterable[str], rows: Iterable[Iterable[object]] = ()) -> Table:
    """A plain table; what is None stays empty, and nothing in a cell is taken for markup."""
    table = Table(*headings, box=None, pad_edge=False)
    for row in rows:
        add_row(table, *row)
    return table


def add_row(table: Table, *cells: object) -> None:
    """One more row of a table."""
    table.add_row(*(Text("" if cell is None else str(cell)) for cell in cells))
