"""What a device signs in with at a broker, and what it may say and hear there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from alerts.domain.arrivals import COMMAND, RECEIPT, ROOT, Channel

SERVICE_USER = "gateway"
FROM_DEVICES = tuple(channel.value for channel in Channel)
TO_DEVICES = (RECEIPT, COMMAND)

# Brokers know one password of a user name. So that a new one and the one before it can be good side by side, a device
# has two names, in turn. A code has no point in it: the second name is nobody else's.
_SECOND = ".2"

USUAL_GRACE = timedelta(days=7)
LONGEST_GRACE = timedelta(days=90)


class CredentialState(StrEnum):
    """How a device stands with its credentials."""

    NONE = "none"  # none was ever issued
    CURRENT = "current"  # one is good
    CHANGING = "changing"  # a new one is good, and the one before it still is
    ENDED = "ended"  # there were some, and none is good


class Action(StrEnum):
    """What a client wants with a topic."""

    PUBLISH = "publish"
    SUBSCRIBE = "subscribe"


@dataclass(frozen=True, slots=True, order=True)
class Campus:
    """A school by the topic's levels."""

    district: str
    school: str


@dataclass(frozen=True, slots=True)
class Sphere:
    """Where a device may speak and hear: under its own code, at the school for which its credential was issued, and at
    the one where the registry has it now. So a device that was moved on paper goes on being heard."""

    device: str
    campuses: tuple[Campus, ...]

    def list_topics(self, channels: Iterable[str]) -> Iterator[str]:
        """The topics of these channels."""
        for one in self.campuses:
            for channel in channels:
                yield f"{ROOT}/{one.district}/{one.school}/{self.device}/{channel}"

    def allows(self, action: Action, topic: str) -> bool:
        """Whether the device may do this with exactly this topic: nothing that it may has a wildcard."""
        channels = FROM_DEVICES if action is Action.PUBLISH else TO_DEVICES
        return topic in self.list_topics(channels)


def choose_user_name(device: str, before: str | None) -> str:
    """The name of a new credential: the other one of the device's two."""
    return device + _SECOND if before == device else device


def read_device(user_name: str) -> str:
    """Whose name it is, if it is a device's."""
    return user_name.removesuffix(_SECOND)


def settle_state(*, good: int, issued: bool) -> CredentialState:
    """How a device stands of whose credentials so many are good."""
    if good:
        return CredentialState.CHANGING if good > 1 else CredentialState.CURRENT
    return CredentialState.ENDED if issued else CredentialState.NONE
