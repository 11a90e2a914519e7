"""What boards say over their sockets, as values."""

from __future__ import annotations

from typing import Annotated

import msgspec

from alerts.domain.incidents import State
from alerts.domain.showings import Screen
from alerts.domain.watchers import Doing

_Number = Annotated[int, msgspec.Meta(ge=1, lt=1 << 31)]
_Ago = Annotated[int, msgspec.Meta(ge=0)]


class ShownItem(msgspec.Struct):
    """A live incident stands on a screen; `ago` and `seen_ago` are milliseconds."""

    incident: _Number
    round: _Number
    state: State
    screen: Screen
    ago: _Ago = 0
    seen_ago: _Ago | None = None


class Shown(msgspec.Struct, tag="shown"):
    """What stands on a screen."""

    items: Annotated[list[ShownItem], msgspec.Meta(max_length=32)]


class Watching(msgspec.Struct, tag="watching"):
    """Which incident the board's person has open, None for none any more, and what they do there."""

    incident: _Number | None
    doing: Doing = Doing.LOOKING


read_message = msgspec.json.Decoder(Shown | Watching).decode
"""Raises msgspec.DecodeError for what is neither."""
