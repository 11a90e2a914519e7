"""How far 110 is with an incident."""

from __future__ import annotations

from enum import StrEnum


class HandoverState(StrEnum):
    """States of a hand-over to 110, after ASAP-to-PSAP.

    `waiting`: not sent yet, or sent again; `phone_in`: no link is set up, somebody must telephone; `sent`: the station
    has the message and has not decided.
    """

    WAITING = "waiting"
    PHONE_IN = "phone_in"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DISPATCHED = "dispatched"
    ON_SCENE = "on_scene"
    CLOSED = "closed"
