"""Who is at one incident: at boards of this process, and as other processes say."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from alerts.domain.watchers import Doing, Watcher, gather
from alerts.storage.accounts import Account
from alerts.storage.watchers import WatchedIncident
from dashboard.live.frames import encode_watchers


class Wire(Protocol):
    """A board's place in the feed, as far as it is told who is there."""

    def tell(self, frame: bytes) -> bool:
        """Sends a message that stands beside the log; False when that must wait."""
        ...


class Seat:
    """A board of a person, and whom they keep company there, if they have an incident open; `told` is the frame that
    the board knows."""

    def __init__(self, wire: Wire, account: Account) -> None:
        self.wire = wire
        self.account = account
        self.company: Company | None = None
        self.told: bytes | None = None


class Company:
    """Those who are there. Until it is known where the incident is, nobody is let in."""

    def __init__(self, incident: int) -> None:
        self.incident = incident
        self.seats: dict[Seat, Watcher] = {}
        self.said: list[Watcher] = []  # of `here`, to the other processes
        self._found: WatchedIncident | None = None
        self._here: list[Watcher] | None = None
        self._elsewhere: list[Watcher] = []
        self._frame = b""

    @property
    def is_found(self) -> bool:
        """Whether there is such an incident, as far as was looked."""
        return self._found is not None

    @property
    def here(self) -> list[Watcher]:
        """Those at boards of this process who may read the incident."""
        if self._here is None:
            self._here = gather(its for seat, its in self.seats.items() if self._admits(seat.account))
        return self._here

    def join(self, seat: Seat, doing: Doing, now: datetime) -> None:
        """Somebody came, or does something else now."""
        known = self.seats.get(seat)
        since = now if known is None else known.since
        self.seats[seat] = Watcher(seat.account.name, seat.account.display_name, doing, since)
        self._here = None

    def leave(self, seat: Seat) -> None:
        """Somebody went."""
        del self.seats[seat]
        self._here = None

    def settle(self, found: WatchedIncident | None) -> bool:
        """Takes where the incident is, if there is one. Whether that is news."""
        if found == self._found:
            return False
        self._found, self._here = found, None
        return True

    def hear(self, elsewhere: list[Watcher]) -> bool:
        """Takes what the other processes say. Whether that is news."""
        if elsewhere == self._elsewhere:
            return False
        self._elsewhere = elsewhere
        return True

    def tell(self, *, whole: bool) -> tuple[int, bool]:
        """Tells the boards that do not know it yet, all the same bytes; `whole` is false while the other processes are
        not heard. How many were told, and whether any must wait."""
        frame = encode_watchers(self.incident, gather([*self.here, *self._elsewhere]), whole=whole)
        if frame != self._frame:
            self._frame = frame
        due = [one for one in self.seats if one.told is not self._frame and self._admits(one.account)]
        told = [one for one in due if one.wire.tell(self._frame)]
        for one in told:
            one.told = self._frame
        return len(told), len(told) < len(due)

    def _admits(self, account: Account) -> bool:
        """As a page of the incident is let in (dashboard/rights.py): who may see it there; who came in by a password
        that somebody else chose, to an alarm that rings."""
        found = self._found
        return found is not None and account.place.holds(found.place) and (found.rings or not account.first_password)
