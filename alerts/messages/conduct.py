"""How channels treat what is not live, as an operator sets it: throttles and quiet hours."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.domain.quiet_hours import QuietHours, check_quiet_hours
from alerts.storage.channels import release_held, save_quiet_hours, set_rate
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log


class NoSuchChannel(LookupError):
    """The service knows no channel of that name."""


@dataclass(frozen=True, slots=True)
class ChannelConduct:
    """At most `rate_per_second` messages that are not live (None: as many as the provider takes), and the channel's own
    quiet hours (None: those of the city)."""

    rate_per_second: int | None
    quiet: QuietHours | None


async def set_conduct(database: Database, channel: str, conduct: ChannelConduct, by: str) -> None:
    """Sets a channel's conduct; what it held is looked at again. Raises NoSuchChannel and QuietHoursInvalid."""
    if conduct.quiet is not None:
        check_quiet_hours(conduct.quiet)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        if not await set_rate(connection, channel, conduct.rate_per_second, now):
            raise NoSuchChannel(channel)
        await save_quiet_hours(connection, channel, conduct.quiet, by, now)
        await release_held(connection, channel, now)
        await append_log(connection, now, [Entry(f"account:{by}", f"channel:{channel}", "channel.changed", conduct)])


async def set_city_quiet_hours(database: Database, quiet: QuietHours | None, by: str) -> None:
    """Sets, or with None ends, the quiet hours of the whole city. Raises QuietHoursInvalid."""
    if quiet is not None:
        check_quiet_hours(quiet)
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await save_quiet_hours(connection, None, quiet, by, now)
        await release_held(connection, None, now)
        await append_log(connection, now, [Entry(f"account:{by}", "city", "quiet.changed", {"quiet": quiet})])
