"""Quiet hours: when what is not live waits until people are up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@dataclass(frozen=True, slots=True)
class QuietHours:
    """From `starts` to `ends` by the clock of `zone`, an IANA time zone; over midnight when `starts` is the later."""

    starts: time
    ends: time
    zone: str

    def read_end(self, now: datetime) -> datetime | None:
        """When the quiet that reigns at `now` ends; None while there is none."""
        zone = ZoneInfo(self.zone)
        here = now.astimezone(zone)
        for day in (here.date() - timedelta(days=1), here.date()):
            starts_at = datetime.combine(day, self.starts, zone)
            ends_on = day if self.starts < self.ends else day + timedelta(days=1)
            ends_at = datetime.combine(ends_on, self.ends, zone)
            if starts_at <= here < ends_at:
                return ends_at
        return None


class QuietHoursInvalid(ValueError):
    """Quiet hours that cannot be; the message says what to mend."""


def check_quiet_hours(quiet: QuietHours) -> None:
    """Raises QuietHoursInvalid."""
    if quiet.starts == quiet.ends:
        raise QuietHoursInvalid("quiet hours that end when they start would hold everything for ever: set two times")
    if quiet.starts.tzinfo or quiet.ends.tzinfo:
        raise QuietHoursInvalid("write the times without an offset: they are by the clock of `zone`")
    try:
        ZoneInfo(quiet.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise QuietHoursInvalid(f"{quiet.zone!r} is no time zone: write one such as Asia/Shanghai") from error
