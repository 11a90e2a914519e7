"""One rule about each alarm button of a school: a breach of one is the school's, and so is a doubt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

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
    """What is wrong with a button, in doubt, or held up by a form alone; until when that holds with nothing new; and
    the test that tells it."""

    breach: Reason | None = None
    doubt: Reason | None = None
    declared: Reason | None = None
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
    for verdict, tell, how in (
        (Verdict.NOT_MET, attrgetter("breach"), mend),
        (Verdict.UNKNOWN, attrgetter("doubt"), mend_doubt),
        (Verdict.DECLARED, attrgetter("declared"), mend_doubt),
    ):
        told = [(button, finding) for button, finding in found if tell(finding)]
        if told:
            reasons = tuple(tell(finding) for _, finding in told)
            return Judgement(verdict, reasons, _cite(told), (say(how),), look_again_at)
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
