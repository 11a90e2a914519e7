"""What a monitoring station is told of devices that are not well: what begins, and what is over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from alerts.domain.contact_id import TROUBLE_CODES, EventCode
from alerts.domain.supervision import LOST, DeviceFacts, News

# Whoever loses the line at the same instant is silent at most 90 s apart, for each beats at its own second.
SILENCES_GATHER = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class TroubleBegun:
    """One event. `device` is None when it stands for several `devices`, `school` when they are of several schools."""

    code: EventCode
    devices: tuple[str, ...]
    school: str | None
    device: str | None


@dataclass(frozen=True, slots=True)
class TroubleOver:
    """Something that is no longer wrong with one device."""

    device: str
    code: EventCode


def tell_silences(news: Sequence[News], school_of: Mapping[str, str]) -> list[TroubleBegun]:
    """One event for each piece of news of devices that are not there."""
    return [
        TroubleBegun(
            EventCode.COMMUNICATION_TROUBLE,
            one.devices,
            school=_only({school_of[device] for device in one.devices}),
            device=None if one.mass else _only(set(one.devices)),
        )
        for one in news
        if one.link in LOST
    ]


def tell_troubles(old: DeviceFacts, new: DeviceFacts) -> list[TroubleBegun]:
    """What a device says is wrong with it, and did not say before."""
    return [
        TroubleBegun(TROUBLE_CODES[trouble], (new.device,), new.school, new.device)
        for trouble in new.troubles
        if trouble not in old.troubles
    ]


def tell_over(old: DeviceFacts, new: DeviceFacts) -> list[TroubleOver]:
    """What was wrong with a device and is so no longer."""
    over = [TroubleOver(new.device, TROUBLE_CODES[trouble]) for trouble in old.troubles if trouble not in new.troubles]
    if old.link in LOST and new.link not in LOST:
        over.append(TroubleOver(new.device, EventCode.COMMUNICATION_TROUBLE))
    return over


def _only(names: set[str]) -> str | None:
    return next(iter(names)) if len(names) == 1 else None
