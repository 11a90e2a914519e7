"""One rule about each alarm button of a school: a breach of one is the school's, and so is a doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.domain.compliance.school_day import DeviceDay, DeviceRole, SchoolDay
from alerts.domain.compliance.verdicts import (
    Judgement,
    Reason,
    Reference,
    ReferenceKind,
    Verdict,
    cite,
    say,
    tell_instant,
)

NO_BUTTON = Judgement(Verdict.UNKNOWN, (say("no_alarm_device"),), mend=(say("register_alarm_device"),))


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a button, or in doubt; until when that holds with nothing new; and the test that tells it."""

    breach: Reason | None = None
    doubt: Reason | None = None
    deadline: datetime | None = None
    incident: int | None = None


def judge_buttons(
    day: SchoolDay, find: Callable[[DeviceDay], Finding], met: Reason, mend: str, mend_doubt: str
) -> Judgement:
    """Looks at each button of the school; `met` says what holds when there is neither a breach nor a doubt."""
    buttons = day.devices_of(DeviceRole.ALARM)
    if not buttons:
        return NO_BUTTON
    found = [(button, find(button)) for button in buttons]
    look_again_at = day.look_after(finding.deadline for _, finding in found)
    breached = [pair for pair in found if pair[1].breach]
    if breached:
        reasons = tuple(finding.breach for _, finding in breached if finding.breach)
        return Judgement(Verdict.NOT_MET, reasons, _cite(breached), (say(mend),), look_again_at)
    doubted = [pair for pair in found if pair[1].doubt]
    if doubted:
        reasons = tuple(finding.doubt for _, finding in doubted if finding.doubt)
        return Judgement(Verdict.UNKNOWN, reasons, _cite(doubted), (say(mend_doubt),), look_again_at)
    return Judgement(Verdict.MET, (met,), _cite(found), look_again_at=look_again_at)


def doubt_button(button: DeviceDay, day: SchoolDay, tolerated: timedelta) -> Reason | None:
    """Why nobody can say how a button is now: it was never heard, or is silent."""
    if not button.heard_ever:
        return say("alarm_never_heard", device=button.code)
    if button.unheard_since is not None and day.now - button.unheard_since > tolerated:
        return say("alarm_silent", device=button.code, since=tell_instant(button.unheard_since))
    return None


def _cite(found: Iterable[tuple[DeviceDay, Finding]]) -> tuple[Reference, ...]:
    """The tests that decided; where none did, the buttons."""
    pairs = list(found)
    tests = cite(ReferenceKind.INCIDENT, (finding.incident for _, finding in pairs if finding.incident is not None))
    return tests or cite(ReferenceKind.DEVICE, (button.code for button, _ in pairs))
