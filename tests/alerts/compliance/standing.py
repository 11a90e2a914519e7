"""Verdicts as they stand or were recorded, written and told the boards as whoever judges does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from alerts.domain.compliance.headline import LETTER_OF
from alerts.domain.compliance.verdicts import Judgement, Verdict
from alerts.storage.compliance_reads import list_compliance_items
from alerts.storage.database import Connection, Database
from alerts.storage.log import Entry, append_log

Said = Verdict | Judgement
Schools = Mapping[str, Mapping[str, Said]]
ZONE = ZoneInfo("Asia/Shanghai")

_WRITE = """
insert into standing_verdict (school, rule, on_date, verdict, since, judged_at, judgement)
select school, rule, $1, verdict, $2, $2, judgement::jsonb
from unnest($3::text[], $4::text[], $5::text[], $6::text[]) as row (school, rule, verdict, judgement)
on conflict (school, rule) do update set
    on_date = excluded.on_date, verdict = excluded.verdict, judged_at = excluded.judged_at,
    judgement = excluded.judgement,
    since = case when standing_verdict.verdict = excluded.verdict then standing_verdict.since else excluded.since end
"""
_CLOSE = """
insert into school_day (on_date, school, version, closed_at, rules, verdicts, parameters, judgements, evidence_rows,
                        evidence_hash, reason)
values ($1, $2, $3, $4, $5, $6, '{}', $7, 7, sha256('evidence'), $8)
"""
_BREAK = """
insert into breach (school, rule, on_date, opened_at, judgement, owner, owner_post, due_at, repeats)
values ($1, $2, $3, $4, $5, 'duty', 'S1:duty', $4::timestamptz + interval '1 day', 1) returning id
"""


def today(database: Database, back: int = 0) -> date:
    """The city's day, or one before it."""
    return (datetime.now(UTC) + database.shift).astimezone(ZONE).date() - timedelta(days=back)


async def let_stand(database: Database, verdicts: Schools, on: date | None = None) -> None:
    """These verdicts stand, by school and rule."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        rows = [
            (school, rule, one.verdict, _write(one))
            for school, said in verdicts.items()
            for rule, one in _judge(said).items()
        ]
        await connection.execute(_WRITE, on or today(database), now, *map(list, zip(*rows, strict=True)))
        await _tell_boards(connection, now, verdicts)


async def close_day(database: Database, on: date, verdicts: Schools, version: int = 0, reason: str = "") -> None:
    """These verdicts are recorded of a day that is over."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await connection.execute("select ensure_school_day_partition($1)", on)
        for school, said in verdicts.items():
            judged = _judge(said)
            letters = "".join(LETTER_OF[one.verdict] for one in judged.values())
            body = msgspec.json.encode(judged).decode()
            await connection.execute(_CLOSE, on, school, version, now, list(judged), letters, body, reason)


async def open_breach(database: Database, school: str, rule: str, judgement: Judgement) -> int:
    """A rule is not met, and somebody has to mend it."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        number: int = await connection.fetchval(_BREAK, school, rule, today(database), now, _write(judgement))
    return number


async def _tell_boards(connection: Connection, now: datetime, verdicts: Schools) -> None:
    items = await list_compliance_items(connection, sorted(verdicts))
    await append_log(connection, now, [Entry("engine", "compliance", "verdicts.moved", {"compliance": items})])


def _judge(said: Mapping[str, Said]) -> dict[str, Judgement]:
    return {rule: one if isinstance(one, Judgement) else Judgement(one) for rule, one in said.items()}


def _write(judgement: Judgement) -> str:
    return msgspec.json.encode(judgement).decode()
