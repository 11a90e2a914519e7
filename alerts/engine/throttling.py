"""Which messages a courier may take up now. Live ones always; the others behind the channel's throttle and its quiet
hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.storage.channels import hold_until, lock_allowance, read_conduct, save_allowance, wait_on
from alerts.storage.database import Connection
from alerts.storage.deliveries import LeasedDelivery, claim_deliveries

_SHORTEST_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Claimed:
    """Messages to send now. `pause_seconds`: how long the throttle lets nothing more through that is not live; None
    without a throttle."""

    leased: list[LeasedDelivery]
    pause_seconds: float | None


async def claim_allowed(
    connection: Connection, channel: str, now: datetime, limit: int, lease: timedelta, *, only_live: bool
) -> Claimed:
    """Leases at most `limit` messages that may go now; in one transaction with whatever else it changes."""
    conduct = await read_conduct(connection, channel)
    until = conduct.quiet.read_end(now) if conduct.quiet else None
    if until is not None:
        await hold_until(connection, channel, now, until)
    if only_live or conduct.rate_per_second is None:
        return Claimed(await claim_deliveries(connection, channel, now, limit, lease, only_live=only_live), None)
    live = await claim_deliveries(connection, channel, now, limit, lease, only_live=True)
    others, left = await _claim_throttled(connection, channel, now, limit - len(live), lease)
    return Claimed(live + others, max(_SHORTEST_PAUSE_SECONDS, (1 - left) / conduct.rate_per_second))


async def _claim_throttled(
    connection: Connection, channel: str, now: datetime, limit: int, lease: timedelta
) -> tuple[list[LeasedDelivery], float]:
    """What the allowance lets through of what is not live, and what is left of it."""
    allowance = await lock_allowance(connection, channel, now)
    room = min(limit, int(allowance))
    leased = await claim_deliveries(connection, channel, now, room, lease, only_live=False) if room > 0 else []
    if leased:
        allowance -= sum(not one.live for one in leased)
        await save_allowance(connection, channel, allowance, now)
    await wait_on(connection, channel, now)
    return leased, allowance
