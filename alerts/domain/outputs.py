"""On-site outputs: sirens, strobes, locks and voices that are driven by command, and what their devices confirm."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.domain.incidents import AlreadyClosed, Incident, MoveRefused, State
from alerts.domain.presses import Mode
from alerts.domain.registry import Output

CONFIRM_WITHIN = timedelta(seconds=10)  # a device that hears us answers at once; then somebody must look
FIRST_REPEAT = timedelta(seconds=2)
LONGEST_REPEAT = timedelta(seconds=60)
LONGEST_SECONDS = 86_400


class OutputState(StrEnum):
    """How far a wish about an output came. `on` and `off` are the device's own word; `expired`: its time was over
    before it was sent; `superseded`: a newer wish about the same output counts."""

    WANTED = "wanted"
    SENT = "sent"
    ON = "on"
    OFF = "off"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class OutputCommand:
    """A wish that an output of a device be on (until `until`, or until further notice) or off, and what became of it.

    `due_at` is when it is sent, or sent again; `confirm_by` when the device's next word is overdue, and
    `unconfirmed_at` since when it is.
    """

    id: int
    incident: int
    device: str
    output: Output
    on: bool
    until: datetime | None
    requested_by: str
    requested_at: datetime
    state: OutputState
    due_at: datetime | None = None
    sends: int = 0
    sent_at: datetime | None = None
    confirm_by: datetime | None = None
    confirmed_on_at: datetime | None = None
    confirmed_off_at: datetime | None = None
    unconfirmed_at: datetime | None = None


def make_wish(
    incident: int, device: str, output: Output, by: str, now: datetime, *, on: bool, until: datetime | None
) -> OutputCommand:
    """A new wish, to be sent at once; it has no `id` before it is stored."""
    return OutputCommand(
        id=0,
        incident=incident,
        device=device,
        output=output,
        on=on,
        until=until,
        requested_by=by,
        requested_at=now,
        state=OutputState.WANTED,
        due_at=now,
        confirm_by=now + CONFIRM_WITHIN,
    )


class OutputsUnconfirmed(MoveRefused):
    """Outputs are not confirmed; closing needs a word why, for somebody may still hear or see them."""

    slug = "outputs-unconfirmed"


class PracticeOutputs(MoveRefused):
    """A test or drill drives outputs only when that is said explicitly."""

    slug = "practice-outputs"


class NoSuchOutput(MoveRefused):
    """No device there has such an output."""

    slug = "no-such-output"


def check_wish(incident: Incident, *, on: bool, practice: bool) -> None:
    """Refuses what must not sound: anything new once it is closed, and a test or drill that nobody meant to be heard.
    Switching off is always allowed."""
    if not on:
        return
    if incident.state is State.CLOSED:
        raise AlreadyClosed(f"closed by {incident.closed_by}: outputs can only be switched off")
    if incident.mode is not Mode.LIVE and not practice:
        raise PracticeOutputs(f"this is a {incident.mode}: say `practice` to let it be heard or seen on site")


def is_wanted_on(own: OutputCommand | None, standing: OutputCommand | None, now: datetime) -> bool:
    """Whether a step of an incident's policy is to switch an output on.

    `own` is the newest wish that the incident made about it, `standing` the one that counts now, whosever it is. What
    is on, or is to go on, is left as it is, so that rounds pile nothing up; what somebody switched off stays off.
    """
    if own is None:
        return True
    if not own.on:
        return False
    return standing is None or not standing.on or is_over(standing, now)


def supersede(command: OutputCommand, incident: int, now: datetime) -> OutputCommand:
    """The command after an incident made a newer wish about its output. Of another incident's the engine tells, which
    may lock that one."""
    tell_at = None if command.incident == incident else now
    return replace(command, state=OutputState.SUPERSEDED, due_at=None, confirm_by=tell_at, unconfirmed_at=None)


def find_repeat(sends: int) -> timedelta:
    """How long after the `sends`-th sending it is sent again: 2, 4, 8 … 60 s."""
    return min(LONGEST_REPEAT, FIRST_REPEAT * (1 << min(max(sends, 1) - 1, 10)))


def is_over(command: OutputCommand, now: datetime) -> bool:
    """Whether the time for which an output was to be on is over."""
    return command.until is not None and command.until <= now


def hear_confirmation(command: OutputCommand, now: datetime, *, on: bool) -> OutputCommand | None:
    """The command after its device said that the output is on, or off; None when that is no news.

    A device goes on at most once for one command: an `on` after its `off` is an old message that came late.
    """
    if on:
        if not command.on or command.confirmed_on_at is not None or command.confirmed_off_at is not None:
            return None
        overdue_at = None if command.until is None else command.until + CONFIRM_WITHIN
        heard = replace(command, confirmed_on_at=now, confirm_by=overdue_at)
    elif command.confirmed_off_at is not None:
        return None
    else:
        heard = replace(command, confirmed_off_at=now, confirm_by=None)
    state = OutputState.ON if on else OutputState.OFF
    if command.state is OutputState.SUPERSEDED:
        return replace(heard, state=command.state, confirm_by=None)
    return replace(heard, state=state, due_at=None, unconfirmed_at=None)


def note_overdue(command: OutputCommand, now: datetime) -> OutputCommand:
    """The command whose device did not confirm in time: unconfirmed from now on, or expired if it was never sent."""
    if command.state is OutputState.SUPERSEDED:
        return replace(command, confirm_by=None)
    if command.state is OutputState.WANTED and is_over(command, now):
        return replace(command, state=OutputState.EXPIRED, due_at=None, confirm_by=None)
    # Once its time is over a wish that was never sent must be looked at again: it is not sent late.
    look_again_at = command.until if command.state is OutputState.WANTED else None
    return replace(command, unconfirmed_at=command.unconfirmed_at or now, confirm_by=look_again_at)


def check_closing(incident: Incident, text: str | None) -> None:
    """Refuses to close over outputs that are not confirmed, unless somebody says why."""
    if incident.outputs_unconfirmed and not (text and text.strip()):
        raise OutputsUnconfirmed(
            f"{incident.outputs_unconfirmed} output(s) are not confirmed: look on site, or say in `text` why you close"
        )


_NAME = re.compile(r"c-([1-9]\d{0,17})")


def name_command(id_: int) -> str:
    """What a command is called on the wire."""
    return f"c-{id_}"


def read_command_name(name: str) -> int | None:
    """The id of a command by its name on the wire; None when it is none of ours."""
    found = _NAME.fullmatch(name)
    return None if found is None else int(found.group(1))
