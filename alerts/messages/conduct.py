"""How channels treat what is not live, as an operator sets it: throttles and quiet hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

from alerts.domain.quiet_hours import QuietHours, check_quiet_hours
from alerts.storage.channels import (
    read_city_quiet_hours,
    read_own_conduct,
    release_held,
    save_quiet_hours,
    set_rate,
)
from alerts.storage.database import Connection
from alerts.storage.log import Entry, append_log


class NoSuchChannel(LookupError):
    """The service knows no channel of that name."""


@dataclass(frozen=True, slots=True)
class ChannelConduct:
    """At most `rate_per_second` messages that are not live (None: as many as the provider takes), and the channel's own
    quiet hours (None: those of the city)."""

    rate_per_second: int | None
    quiet: QuietHours | None


async def put_conduct(connection: Connection, channel: str, conduct: ChannelConduct, by: str, now: datetime) -> None:
    """Sets a channel's conduct inside the caller's transaction; what it held is looked at again. Raises NoSuchChannel
    and QuietHoursInvalid."""
    if conduct.quiet is not None:
        check_quiet_hours(conduct.quiet)
    if not await set_rate(connection, channel, conduct.rate_per_second, now):
        raise NoSuchChannel(channel)
    await save_quiet_hours(connection, channel, conduct.quiet, by, now)
    await release_held(connection, channel, now)
    await append_log(connection, now, [Entry(f"account:{by}", f"channel:{channel}", "channel.changed", conduct)])


async def put_city_quiet_hours(connection: Connection, quiet: QuietHours | None, by: str, now: datetime) -> None:
    """Sets, or with None ends, the quiet hours of the whole city inside the caller's transaction. Raises
    QuietHoursInvalid."""
    if quiet is not None:
        check_quiet_hours(quiet)
    await save_quiet_hours(connection, None, quiet, by, now)
    await release_held(connection, None, now)
    await append_log(connection, now, [Entry(f"account:{by}", "city", "quiet.changed", {"quiet": quiet})])


async def find_conduct(connection: Connection, channel: str) -> ChannelConduct:
    """A channel's conduct as it was set, held until the transaction ends. Raises NoSuchChannel."""
    found = await read_own_conduct(connection, channel)
    if found is None:
        raise NoSuchChannel(channel)
    return ChannelConduct(found.rate_per_second, found.quiet)


async def find_city_quiet_hours(connection: Connection) -> QuietHours | None:
    """The quiet hours of the whole city."""
    found = await read_city_quiet_hours(connection)
    if found is None:
        return None
    return QuietHours(time.fromisoformat(found.quiet_from), time.fromisoformat(found.quiet_to), found.quiet_zone)
