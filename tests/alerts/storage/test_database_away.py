"""Every way in which PostgreSQL can go away is the same to the service: StorageUnavailable, and try again."""

from __future__ import annotations

import asyncio

import pytest

from alerts.storage.database import Database
from alerts.storage.errors import StorageUnavailable
from tests.alerts.police.line import CRASHED, FROZE_IN_TRANSACTION, SHUT_DOWN, run_line

LOOKS_AT_THE_SOCKET = 20  # of the event loop: enough for the driver to have heard the words before it is asked


@pytest.mark.parametrize("code", [CRASHED, FROZE_IN_TRANSACTION, SHUT_DOWN])
@pytest.mark.parametrize("looks", [0, LOOKS_AT_THE_SOCKET], ids=["while asked", "before it is asked"])
async def test_a_server_that_has_said_its_last_words_but_not_hung_up_is_away(
    database_url: str, code: str, looks: int
) -> None:
    async with run_line(database_url) as line:
        database = await Database.open(line.url, application_name="test")
        with pytest.raises(StorageUnavailable):  # noqa: PT012 (an open connection is used once more)
            async with database.connection() as connection:
                line.say_last_words(code)
                for _ in range(looks):
                    await asyncio.sleep(0)
                await connection.fetchval("select 1")
        async with database.connection() as connection:
            assert await connection.fetchval("select 2") == 2
        await database.close()


async def test_a_line_that_was_cut_in_the_middle_of_a_transaction_is_away_until_it_is_mended(database_url: str) -> None:
    async with run_line(database_url) as line:
        database = await Database.open(line.url, application_name="test")
        with pytest.raises(StorageUnavailable):  # noqa: PT012 (it is cut in the middle)
            async with database.transaction() as connection:
                await connection.execute("create table half (done boolean)")
                line.cut()
        with pytest.raises(StorageUnavailable):
            async with database.connection():
                pass
        line.mend()
        async with database.connection() as connection:
            assert await connection.fetchval("select to_regclass('half')") is None
        await database.close()
