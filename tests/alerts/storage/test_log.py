"""The one log: gapless, in commit order, unchangeable, and enough to replay a board."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.audit import verify_log
from alerts.domain.board import SchoolItem, Snapshot
from alerts.domain.chain import GENESIS, Head, LogRow, find_misfit, hash_row
from alerts.domain.compliance.headline import ComplianceItem
from alerts.domain.compliance.verdicts import Verdict
from alerts.domain.incidents import Cause, Incident, MoveRefused, State
from alerts.engine.supervision import supervise_devices
from alerts.feed import changes_of, follow, read_snapshot
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log, read_log_after, read_log_head
from tests.alerts.compliance.standing import let_stand
from tests.alerts.story import LI, WANG, Story


async def append(database: Database, *kinds: str) -> None:
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await append_log(
            connection, now, [Entry("test", "test:1", kind, {"说": "你好", "n": [1, None]}) for kind in kinds]
        )


async def read_all(database: Database) -> list[LogRow]:
    async with database.connection() as connection:
        return await read_log_after(connection, 0, 10_000)


async def test_the_database_and_the_rule_agree_on_every_hash(database: Database) -> None:
    await append(database, "a", "b")
    await append(database, "c")
    rows = await read_all(database)
    assert [row.position for row in rows] == [1, 2, 3]
    held, misfit = find_misfit(rows, Head(0, GENESIS))
    assert misfit is None
    async with database.connection() as connection:
        assert await read_log_head(connection) == held


@pytest.mark.parametrize(
    "statement",
    ["update log set actor = 'x'", "delete from log", "truncate log", "truncate log_000000", "delete from log_000000"],
)
async def test_the_log_refuses_to_be_changed(database: Database, statement: str) -> None:
    await append(database, "a")
    async with database.connection() as connection:
        with pytest.raises(asyncpg.RestrictViolationError):
            await connection.execute(statement)


@pytest.mark.parametrize(
    ("tampering", "position", "reason"),
    [
        ("update log set actor = 'x' where position = 2", 2, "content"),
        ("update log set body = '{}' where position = 3", 3, "content"),
        ("update log set at = at + interval '1 microsecond' where position = 1", 1, "content"),
        ("delete from log where position = 2", 2, "missing"),
        ("delete from log where position = 4", 4, "ends before its head"),
        ("update log set hash = previous_hash where position = 4", 4, "content"),
    ],
)
async def test_verify_names_the_first_row_that_does_not_fit(
    database: Database, tampering: str, position: int, reason: str
) -> None:
    await append(database, "a", "b", "c", "d")
    assert (await verify_log(database, lambda done, total: None)).misfit is None
    async with database.transaction() as connection:
        await connection.execute("set local session_replication_role = replica")  # what only a superuser can do
        await connection.execute(tampering)
    misfit = (await verify_log(database, lambda done, total: None)).misfit
    assert misfit is not None
    assert misfit.position == position
    assert reason in misfit.reason


async def test_a_row_rewritten_with_a_right_hash_breaks_the_row_after_it(database: Database) -> None:
    await append(database, "a", "b", "c")
    forged = replace((await read_all(database))[1], actor="somebody else")
    forged = replace(forged, hash=hash_row(forged))
    async with database.transaction() as connection:
        await connection.execute("set local session_replication_role = replica")
        await connection.execute("update log set actor = $1, hash = $2 where position = 2", forged.actor, forged.hash)
    misfit = (await verify_log(database, lambda done, total: None)).misfit
    assert misfit is not None
    assert misfit.position == 3


async def test_a_reader_never_skips_a_writer_that_commits_late(database: Database) -> None:
    """With a plain sequence the second writer's row would be readable first, and the first one's be skipped."""
    first_wrote, second_tried = asyncio.Event(), asyncio.Event()

    async def write_first() -> None:
        async with database.transaction() as connection:
            await append_log(connection, datetime.now(UTC), [Entry("first", "t", "k", {})])
            first_wrote.set()
            await second_tried.wait()

    async def write_second() -> None:
        await first_wrote.wait()
        async with database.transaction() as connection:
            append = asyncio.create_task(append_log(connection, datetime.now(UTC), [Entry("second", "t", "k", {})]))
            while not await count_waiting(database):
                assert await read_all(database) == [], "nothing is visible before the first writer commits"
            second_tried.set()
            await append

    await asyncio.gather(write_first(), write_second())
    assert [row.actor for row in await read_all(database)] == ["first", "second"]


async def count_waiting(database: Database) -> int:
    """How many connections wait for a lock."""
    async with database.connection() as connection:
        count: int = await connection.fetchval(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
    return count


async def test_many_writers_and_rollbacks_leave_no_gap_and_a_follower_sees_all_in_order(database: Database) -> None:
    chance = random.Random(seed := random.randrange(10**6))

    async def write(n: int) -> None:
        try:
            async with database.transaction() as connection:
                await append_log(
                    connection, datetime.now(UTC), [Entry(f"w{n}", "t", "k", {}) for _ in range(n % 4 + 1)]
                )
                if chance.random() < 0.3:
                    raise LookupError
        except LookupError:
            pass

    async def read() -> list[int]:
        positions: list[int] = []
        async for rows in follow(database, 0):
            positions += [row.position for row in rows]
            if writers.done() and len(positions) == (await head(database)):
                return positions
        raise AssertionError

    writers = asyncio.gather(*(write(n) for n in range(60)))
    async with asyncio.timeout(60):
        positions = await read()
    assert positions == list(range(1, len(positions) + 1)), f"seed {seed}"


async def head(database: Database) -> int:
    async with database.connection() as connection:
        return (await read_log_head(connection)).position


async def test_a_writer_that_crosses_a_million_finds_its_partition_made(database: Database) -> None:
    async with database.connection() as connection:
        await connection.execute("update log_head set position = 999999")
    await append(database, "a", "b", "c")
    async with database.connection() as connection:
        assert await connection.fetchval("select to_regclass('log_000002') is not null")
        assert await connection.fetchval("select count(*) from log_000001") == 3


class Board:
    """A board that only replays: the newest item of a key is the truth, and what is closed is gone."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.schools = {item.code: item for item in snapshot.schools}
        self.incidents = {item.id: item for item in snapshot.incidents}
        self.compliance = {item.school: item for item in snapshot.compliance}

    def replay(self, row: LogRow) -> None:
        for change in changes_of(row):
            if change.kind == "school":
                school = msgspec.json.decode(change.item, type=SchoolItem)
                self.schools[school.code] = school
            elif change.kind == "incident":
                incident = msgspec.json.decode(change.item, type=Incident)
                self.incidents[incident.id] = incident
                if incident.state is State.CLOSED:
                    del self.incidents[incident.id]
            elif change.kind == "compliance":
                item = msgspec.json.decode(change.item, type=ComplianceItem)
                self.compliance[item.school] = item


@pytest.mark.parametrize("seed", range(6))
async def test_a_snapshot_and_the_rows_after_it_equal_a_fresh_snapshot(story: Story, seed: int) -> None:
    chance = random.Random(seed)
    boards: list[tuple[int, Board]] = []
    for _ in range(60):
        if chance.random() < 0.15:
            snapshot = await read_snapshot(story.database)
            boards.append((snapshot.position, Board(snapshot)))
        await happen(story, chance)
    fresh = await read_snapshot(story.database)
    for position, board in boards:
        for row in await read_all(story.database):
            if row.position > position:
                board.replay(row)
        assert board.incidents == {item.id: item for item in fresh.incidents}, f"seed {seed} from {position}"
        assert board.schools == {item.code: item for item in fresh.schools}, f"seed {seed} from {position}"
        assert board.compliance == {item.school: item for item in fresh.compliance}, f"seed {seed} from {position}"


async def happen(story: Story, chance: random.Random) -> None:
    """One random thing."""
    device = chance.choice(["S1-G1", "S1-C1", "S2-G1", "S3-G1", "ghost"])
    kind = chance.choice(["panic", "fire", "medical"])
    number, actor = chance.randint(1, 8), chance.choice([WANG, LI])
    rule, verdict = chance.choice(["C1", "C2", "C9"]), chance.choice(list(Verdict))
    happenings = [
        lambda: story.press(device, kind=kind),
        lambda: story.beat(device),
        lambda: story.state(device, online=chance.random() < 0.7, battery=chance.choice([5, 90])),
        lambda: story.forward(chance.choice([1, 31, 61, 400])),
        story.supervise,
        lambda: let_stand(story.database, {device[:2] if device != "ghost" else "S2": {rule: verdict}}),
        story.deliver,
        lambda: story.answers.acknowledge(number, actor),
        lambda: story.answers.respond(number, actor),
        lambda: story.answers.note(number, actor, "好"),
        lambda: story.answers.close(number, actor, Cause.REAL),
        lambda: story.intake.take_presses([story.arrival({"press": None}, device, "cancel")]),
    ]
    try:
        await chance.choice(happenings)()
    except (MoveRefused, LookupError):
        return


@given(st.data())
def test_any_change_to_any_row_is_found(data: st.DataObject) -> None:
    rows, head = [], Head(0, GENESIS)
    for n in range(1, data.draw(st.integers(2, 6)) + 1):
        row = LogRow(n, datetime(2026, 1, n, tzinfo=UTC), "a", "s", "k", f'{{"n":{n}}}', head.hash, b"")
        row = replace(row, hash=hash_row(row))
        rows.append(row)
        head = Head(n, row.hash)
    assert find_misfit(rows, Head(0, GENESIS)) == (head, None)
    index = data.draw(st.integers(0, len(rows) - 1))
    change = data.draw(st.sampled_from([{"actor": "b"}, {"kind": "x"}, {"body": "{}"}, {"subject": "z"}]))
    rows[index] = replace(rows[index], **change)
    _, misfit = find_misfit(rows, Head(0, GENESIS))
    assert misfit is not None
    assert misfit.position == index + 1


async def test_two_engines_that_judge_devices_of_one_school_at_once_leave_boards_with_the_right_counts(
    story: Story,
) -> None:
    start = await read_snapshot(story.database)
    async with story.database.transaction() as connection:
        await connection.execute("select from log_head for update")  # nobody gets to write before both have judged
        engines = []
        for waiting, device in enumerate(("S1-G1", "S1-C1"), start=1):
            await story.state(device, online=True)
            engines.append(asyncio.create_task(supervise_devices(story.database)))
            while await count_waiting(story.database) < waiting:
                await asyncio.sleep(0)
    await asyncio.gather(*engines)
    board = Board(start)
    for row in await read_all(story.database):
        board.replay(row)
    assert board.schools == {item.code: item for item in (await read_snapshot(story.database)).schools}
