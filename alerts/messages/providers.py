"""Takes in what providers say later of the messages that they took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts.channels.receipts import Receipt
from alerts.domain.incidents import Incident
from alerts.domain.people import DeliveryState
from alerts.incidents.escalating import count_reached, incident_entry
from alerts.storage.channels import (
    MethodChange,
    Stray,
    keep_strays,
    note_failures,
    note_successes,
    take_settled_strays,
)
from alerts.storage.database import Connection, Database
from alerts.storage.deliveries import (
    Confirmation,
    SpokenOf,
    confirm_deliveries,
    find_spoken_of,
    queue_next_of_notices,
)
from alerts.storage.incidents import lock_incidents
from alerts.storage.log import Entry, append_log

_FAILING_FROM = 2  # failures in a row; the statement `note_failures` says the same
_KINDS = {
    DeliveryState.DELIVERED: "delivery.delivered",
    DeliveryState.SEEN: "delivery.seen",
    DeliveryState.FAILED: "delivery.failed",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """How many receipts were news, and how many speak of messages that nobody knows (yet)."""

    news: int
    strays: int


async def take_receipts(database: Database, channel: str, receipts: Sequence[Receipt]) -> Heard:
    """Writes receipts down: states, people reached, methods that fail, the log. What nobody knows is kept aside."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        return await _take(connection, channel, receipts, now)


async def settle_strays(database: Database) -> int:
    """Takes in receipts that overtook the note of their message's id. Returns how many there were."""
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        by_channel: dict[str, list[Receipt]] = defaultdict(list)
        for stray in await take_settled_strays(connection):
            receipt = Receipt(stray.state, stray.provider_id, None, stray.error, stray.address_fault)
            by_channel[stray.channel].append(receipt)
        for channel in sorted(by_channel):
            await _take(connection, channel, by_channel[channel], now)
    return sum(map(len, by_channel.values()))


async def _take(connection: Connection, channel: str, receipts: Sequence[Receipt], now: datetime) -> Heard:
    spoken_of = await find_spoken_of(
        connection,
        channel,
        [one.provider_id for one in receipts if one.provider_id],
        [one.key for one in receipts if one.key],
    )
    running = await lock_incidents(connection, sorted({one.incident for one in spoken_of if one.incident is not None}))
    matched, strays = _match(receipts, spoken_of)
    news = await _confirm(connection, matched, now)
    changed = await _note_methods(connection, news, now)
    counted = await count_reached(connection, running)
    if strays:
        await keep_strays(connection, channel, strays, now)
    entries = [*_tell(news, counted), *map(method_entry, changed)]
    if entries:
        await append_log(connection, now, entries)
    return Heard(len(news), len(strays))


def _match(
    receipts: Iterable[Receipt], spoken_of: Sequence[SpokenOf]
) -> tuple[list[tuple[SpokenOf, Receipt]], list[Stray]]:
    """Each receipt with its message; of a copy that says more of the same message the last one counts."""
    by_id = {one.provider_id: one for one in spoken_of}
    by_key = {one.idempotency_key: one for one in spoken_of}
    matched: dict[int, tuple[SpokenOf, Receipt]] = {}
    strays: list[Stray] = []
    for receipt in receipts:
        one = (by_key.get(receipt.key) if receipt.key else None) or by_id.get(receipt.provider_id or "")
        if one is not None:
            matched[one.id] = (one, receipt)
        elif receipt.provider_id:
            fault = receipt.address_fault
            strays.append(Stray("", receipt.provider_id, receipt.state, receipt.error, fault))
    return list(matched.values()), strays


async def _confirm(
    connection: Connection, matched: Sequence[tuple[SpokenOf, Receipt]], now: datetime
) -> list[tuple[SpokenOf, Receipt]]:
    """Writes down what was said; what was known before is no news."""
    said = [Confirmation(one.id, receipt.state, receipt.error) for one, receipt in matched]
    changed = set(await confirm_deliveries(connection, said, now)) if said else set()
    news = [(one, receipt) for one, receipt in matched if one.id in changed]
    failed = [one.id for one, receipt in news if receipt.state is DeliveryState.FAILED and one.notice is not None]
    if failed:
        await queue_next_of_notices(connection, failed, now)
    return news


async def _note_methods(
    connection: Connection, news: Iterable[tuple[SpokenOf, Receipt]], now: datetime
) -> list[MethodChange]:
    faulty, good = [], []
    for one, receipt in news:
        if receipt.address_fault:
            faulty.append(one.id)
        elif receipt.state is not DeliveryState.FAILED:
            good.append(one.id)
    changed = await note_failures(connection, faulty, now) if faulty else []
    return changed + (await note_successes(connection, good) if good else [])


def _tell(news: Iterable[tuple[SpokenOf, Receipt]], counted: Mapping[int, Incident]) -> Iterable[Entry]:
    """Rows for the log; notices are counted, not told one by one."""
    for one, receipt in news:
        incident = counted.get(one.incident or 0)
        if incident is not None:
            yield incident_entry(
                "provider",
                incident,
                _KINDS[receipt.state],
                person=one.person,
                person_name=one.person_name,
                post_kind=one.post_kind,
                channel=one.channel,
                reason=one.reason,
                step=one.step,
                round=one.round,
                error=receipt.error,
            )


def method_entry(change: MethodChange) -> Entry:
    """The log row of a method that failed, or is good again. Without its address: the log is for ever."""
    kind = "contact.failed" if change.failures else "contact.mended"
    failing = change.failures >= _FAILING_FROM
    body = {"person": change.person, "channel": change.channel, "failures": change.failures, "failing": failing}
    return Entry("engine", f"person:{change.person}", kind, body)
