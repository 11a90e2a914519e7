"""Every statement against the real schema, every enum against its labels."""

from __future__ import annotations

from enum import StrEnum

import asyncpg
import pytest

from alerts.domain.board import Link
from alerts.domain.incidents import Cause, State
from alerts.domain.orders import OrderKind, OrderState
from alerts.domain.pictures import PictureKind
from alerts.domain.police import HandoverState
from alerts.domain.presses import Category, Kind, Mode
from alerts.domain.registry import DeviceRole, Ownership, PointKind, PostKind, SchoolKind
from alerts.domain.rights import Role
from alerts.storage.database import Database
from alerts.storage.errors import SchemaMissing, StorageUnavailable
from alerts.storage.migrations import MigrationChanged, migrate, read_migrations
from alerts.storage.statements import list_documents, read_statements


async def test_every_statement_can_be_prepared_against_the_schema(database: Database) -> None:
    async with database.connection() as connection:
        for document in list_documents():
            for name, statement in read_statements(document).items():
                try:
                    await connection.prepare(statement)
                except Exception as error:
                    raise AssertionError(f"{document}.sql: {name}") from error


@pytest.mark.parametrize(
    ("label", "values"),
    [
        ("school_kind", SchoolKind),
        ("ownership", Ownership),
        ("point_kind", PointKind),
        ("post_kind", PostKind),
        ("picture_kind", PictureKind),
        ("device_link", Link),
        ("device_role", DeviceRole),
        ("press_kind", Kind),
        ("press_mode", Mode),
        ("incident_category", Category),
        ("incident_state", State),
        ("incident_cause", Cause),
        ("account_role", Role),
        ("handover_state", HandoverState),
        ("order_kind", OrderKind),
        ("order_state", OrderState),
    ],
)
async def test_an_enums_values_are_the_databases_labels(database: Database, label: str, values: type[StrEnum]) -> None:
    async with database.connection() as connection:
        labels = await connection.fetchval(f"select enum_range(null::{label})::text[]")
    assert labels == [value.value for value in values]


async def test_migrating_twice_applies_nothing_the_second_time(empty_database_url: str) -> None:
    assert await migrate(empty_database_url) != []
    assert await migrate(empty_database_url) == []


async def test_programs_that_were_there_before_know_from_the_log_who_made_them(empty_database_url: str) -> None:
    before, after = (
        [text for name, text in read_migrations() if (name < "0043") is earlier] for earlier in (True, False)
    )
    connection = await asyncpg.connect(empty_database_url)
    for text in before:
        await connection.execute(text)
    said = [("chen", "wall"), ("li", "wall"), ("operator at the terminal", "hall")]  # li saved it anew
    await connection.executemany(
        "select append_log(now(), array['person:' || $1], array[$2], array['token.saved'], array['{}'])",
        [(who, f"token:{program}") for who, program in said],
    )
    await connection.execute(
        "insert into api_token (token_hash, name, rights, created_at)"
        " select name::bytea, name, '{}', now() from unnest(array['wall', 'hall', 'unknown']) as name"
    )
    for text in after:
        await connection.execute(text)
    made = await connection.fetch("select name, made_by from api_token")
    await connection.close()
    assert {row["name"]: row["made_by"] for row in made} == {
        "wall": "li",
        "hall": "operator at the terminal",
        "unknown": None,
    }


async def test_a_migration_that_was_changed_afterwards_is_refused(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("update migration set digest = 'other'")
    with pytest.raises(MigrationChanged, match="0001"):
        await migrate(database.url)


async def test_a_database_that_is_away_is_a_named_error() -> None:
    database = await Database.open("postgresql://nobody@127.0.0.1:1/none", application_name="test")
    with pytest.raises(StorageUnavailable):
        async with database.connection():
            pass
    await database.close()


async def test_events_of_a_day_without_a_partition_wait_and_move_over(database: Database) -> None:
    insert = (
        "insert into evidence (on_date, device, channel, identity, topic, received_at, problems, payload)"
        " values ('2031-05-05', 'd', 'gate', 'g', 't', now(), '{}', '')"
    )
    async with database.connection() as connection:
        await connection.execute(insert)
        await connection.execute(
            "select ensure_evidence_partition('2031-05-05'), ensure_evidence_partition('2031-05-05')"
        )
        assert await connection.fetchval("select count(*) from evidence_20310505") == 1
        assert await connection.fetchval("select count(*) from evidence_beyond") == 0
        partitions = await connection.fetch(
            "select relname, reloptions from pg_class join pg_inherits on inhrelid = oid"
            " where inhparent = 'evidence'::regclass"
        )
    # What comes in once and goes as a whole is not vacuumed for having come.
    assert "evidence_20310505" in {row["relname"] for row in partitions}
    assert {tuple(row["reloptions"] or ()) for row in partitions} == {("autovacuum_vacuum_insert_threshold=-1",)}


async def test_a_database_without_a_schema_says_what_to_run(empty_database_url: str) -> None:
    database = await Database.open(empty_database_url, application_name="test")
    with pytest.raises(SchemaMissing, match="python -m alerts migrate"):
        async with database.connection() as connection:
            await connection.execute("select * from log_head")
    await database.close()


async def test_no_statement_waits_for_the_servers_compiler(database: Database) -> None:
    """A statement over tables that were not analysed yet looked dear, and a press waited 0.8 s for its compilation."""
    async with database.connection() as connection:
        assert await connection.fetchval("show jit") == "off"
        await connection.execute("set jit_above_cost = 0")
        plan = await connection.fetch("explain (analyze) select count(*) from school")
    assert not any("JIT" in row[0] for row in plan)


async def test_a_connection_goes_back_as_it_is_and_leaves_nothing_to_whoever_has_it_next(database: Database) -> None:
    one = await Database.open(database.url, application_name="one", max_size=1)

    async def fail() -> None:
        async with one.transaction() as connection:
            await connection.execute("set local lock_timeout = '1s'")
            await connection.execute("select pg_advisory_xact_lock(1)")
            await connection.execute("insert into district values ('370299', '某区', 'Some', 9)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    async with database.connection() as connection:
        last = await connection.fetchval("select query from pg_stat_activity where application_name = 'one'")
        assert last == "ROLLBACK;", "nothing more was asked for its return"
        assert await connection.fetchval("select count(*) from pg_locks where locktype = 'advisory'") == 0
        assert await connection.fetchval("select count(*) from district") == 0
    async with one.connection() as connection:
        assert await connection.fetchval("show lock_timeout") == "20s"
    await one.close()
