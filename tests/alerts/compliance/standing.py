"""Verdicts as they stand, written and told the boards in one transaction, as whoever judges does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import msgspec

from alerts.domain.compliance.verdicts import Judgement, Verdict
from alerts.storage.compliance_reads import list_compliance_items
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log
from tests.alerts.compliance.days import MONDAY

Said = Verdict | Judgement

_WRITE = """
insert into standing_verdict (school, rule, on_date, verdict, since, judged_at, judgement)
select $1, rule, $2, verdict, $3, $3, judgement::jsonb
from unnest($4::text[], $5::text[], $6::text[]) as row (rule, verdict, judgement)
on conflict (school, rule) do update set
    on_date = excluded.on_date, verdict = excluded.verdict, judged_at = excluded.judged_at,
    judgement = excluded.judgement,
    since = case when standing_verdict.verdict = excluded.verdict then standing_verdict.since else excluded.since end
"""


async def let_stand(database: Database, verdicts: Mapping[str, Mapping[str, Said]], on: date = MONDAY) -> None:
    """These verdicts stand, by school and rule."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        for school, said in verdicts.items():
            judgements = [one if isinstance(one, Judgement) else Judgement(one) for one in said.values()]
            answers = [one.verdict for one in judgements]
            bodies = [msgspec.json.encode(one).decode() for one in judgements]
            await connection.execute(_WRITE, school, on, now, list(said), answers, bodies)
        items = await list_compliance_items(connection, sorted(verdicts))
        await append_log(connection, now, [Entry("engine", "compliance", "verdicts.moved", {"compliance": items})])
