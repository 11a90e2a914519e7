"""Takes what a board says, no more of it than a page sends, to whom it is for."""

from __future__ import annotations

import msgspec

from alerts.passwords import digest_token
from dashboard.live.company import Seat
from dashboard.live.messages import Shown, read_message
from dashboard.live.showings import Showings
from dashboard.live.watchers import Watchers
from dashboard.metrics import SHOWINGS
from dashboard.rights import Proof

MOST_MESSAGES = 40  # of one board between two batches of showings; a page sends a few a second at most


class Listener:
    """Takes one board's messages. Programs have no screens, and nobody sits at them: what they say is passed over."""

    def __init__(self, showings: Showings, watchers: Watchers, seat: Seat, proof: Proof) -> None:
        self._showings = showings
        self._watchers = watchers
        self._seat = seat
        self._digest = digest_token(proof.token) if proof.by_cookie else None
        self._turn = -1
        self._heard = 0

    def take(self, text: str | None) -> None:
        """Takes a message. What cannot be read, or is too much, is passed over: a board may be newer than we are."""
        if self._digest is None or text is None:
            return
        if self._turn != self._showings.turn:
            self._turn, self._heard = self._showings.turn, 0
        self._heard += 1
        if self._heard > MOST_MESSAGES:
            SHOWINGS.labels("dropped").inc()
            return
        try:
            message = read_message(text)
        except msgspec.DecodeError:
            SHOWINGS.labels("unreadable").inc()
            return
        if isinstance(message, Shown):
            self._showings.add(self._digest, message.items)
        else:
            self._watchers.take(self._seat, message)
