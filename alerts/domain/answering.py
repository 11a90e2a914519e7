"""Answering a message from where one is: what an answer means, and what it changes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from alerts.domain.incidents import Incident, State, acknowledge, respond


class AnswerAction(StrEnum):
    """What a person can answer from where they are."""

    TAKE = "take"
    COMING = "coming"


class Outcome(StrEnum):
    """What became of an answer. `taken` and `coming`: it counts, also when it was said before. `counted`: it counts,
    and others must take it, too. The `late_…` ones change nothing: somebody else has it, it is closed, or it rang
    anew since that message. With `unclear` several incidents can be meant; `unreadable` is no answer; `unknown` fits
    no message; `expired` was a link once."""

    TAKEN = "taken"
    COMING = "coming"
    COUNTED = "counted"
    LATE_TAKEN = "late_taken"
    LATE_CLOSED = "late_closed"
    LATE_ROUND = "late_round"
    UNCLEAR = "unclear"
    UNREADABLE = "unreadable"
    UNKNOWN = "unknown"
    EXPIRED = "expired"


COUNTS = frozenset({Outcome.TAKEN, Outcome.COMING, Outcome.COUNTED})
LATE = frozenset({Outcome.LATE_TAKEN, Outcome.LATE_CLOSED, Outcome.LATE_ROUND})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer does: the incident as it is thereafter, the same as before when nothing changes."""

    outcome: Outcome
    incident: Incident


@dataclass(frozen=True, slots=True)
class Reply:
    """What a written reply says; without a code the writer means the only message that they have."""

    action: AnswerAction
    code: str | None


def find_ringing_round(incident: Incident) -> int:
    """The round whose messages are the newest; the next one is counted as soon as the last step fired."""
    return incident.round if incident.step > 0 else max(1, incident.round - 1)


def judge_answer(
    incident: Incident, action: AnswerAction, by: str, round_: int, *, now: datetime, until: datetime
) -> Verdict:
    """What the answer `action` of `by` to a message of `round_` does; once taken, it holds `until` then."""
    if incident.state is State.CLOSED:
        return Verdict(Outcome.LATE_CLOSED, incident)
    if said := _said_before(incident, action, by):
        return Verdict(said, incident)
    if incident.state is State.RESPONDING or (incident.state is State.ACKNOWLEDGED and action is AnswerAction.TAKE):
        return Verdict(Outcome.LATE_TAKEN, incident)
    if round_ < find_ringing_round(incident):
        return Verdict(Outcome.LATE_ROUND, incident)
    if action is AnswerAction.COMING:
        moved = respond(incident, by, now)
        return Verdict(Outcome.COMING if moved.state is State.RESPONDING else Outcome.COUNTED, moved)
    moved = acknowledge(incident, by, now, until)
    return Verdict(Outcome.COUNTED if moved.state is State.OPEN else Outcome.TAKEN, moved)


def _said_before(incident: Incident, action: AnswerAction, by: str) -> Outcome | None:
    """The same answer again is the same; whoever is on the way has taken it, too."""
    one_of_several = incident.takers_needed > 1 and by in incident.takers and incident.state is State.RESPONDING
    if incident.responding_by == by or (action is AnswerAction.COMING and one_of_several):
        return Outcome.COMING if incident.state is State.RESPONDING else Outcome.COUNTED
    if action is AnswerAction.TAKE and by in (*incident.takers, incident.acknowledged_by):
        return Outcome.COUNTED if incident.state is State.OPEN else Outcome.TAKEN
    return None


# A signature that a provider puts before a text, as in 【校园报警】.
_SIGNATURE = re.compile(r"^\s*【[^】]*】")
_SEPARATORS = re.compile(r"[\s,.;:+#*/_-]+")
_REPLY = re.compile(r"(?:([12]) ?(\d{4})|(\d{4}) ([12])|(\d{4})|([12]))")
_ACTIONS = {"1": AnswerAction.TAKE, "2": AnswerAction.COMING}


def read_reply(text: str) -> Reply | None:
    """Reads `1 4821`, `14821`, `4821 1`, `4821` or `1`; 1 is take, 2 is coming, a code alone is take. None otherwise.

    Words make it no answer, whatever numbers stand beside them: `4821 来不了` must not count as a yes.
    """
    plain = _SIGNATURE.sub("", unicodedata.normalize("NFKC", text).replace("、", " ").replace("。", " "))
    found = _REPLY.fullmatch(_SEPARATORS.sub(" ", plain).strip())
    if found is None:
        return None
    first, code, leading_code, last, code_alone, digit_alone = found.groups()
    return Reply(
        _ACTIONS.get(first or last or digit_alone or "1", AnswerAction.TAKE), code or leading_code or code_alone
    )


def read_key(key: str) -> AnswerAction | None:
    """What a key pressed in a call means: 1 is take, 2 is coming, all others mean nothing."""
    return _ACTIONS.get(key.strip())


_MOBILE = re.compile(r"(?:\+86|0086|86)?(1\d{10})")


def spell_address(address: str) -> tuple[str, ...]:
    """The spellings under which an address may be registered: providers add a country code that people leave out."""
    found = _MOBILE.fullmatch(address.replace(" ", "").replace("-", ""))
    if found is None:
        return (address.strip(),)
    bare = found.group(1)
    return (bare, f"+86{bare}", f"86{bare}", f"0086{bare}")


class Candidate(Protocol):
    """A message that a reply may mean."""

    @property
    def id(self) -> int: ...

    @property
    def incident(self) -> int: ...

    @property
    def code(self) -> str | None: ...


def choose_message(reply: Reply, messages: Sequence[Candidate], not_closed: Collection[int]) -> int | Outcome:
    """The id of the message that a reply answers, of those that went to its writer (newest first); or why none does.

    Without a code it is the newest message about the only incident that is not closed; when all are, the newest one.
    """
    if reply.code is not None:
        return next((one.id for one in messages if one.code == reply.code), Outcome.UNKNOWN)
    running = [one for one in messages if one.incident in not_closed]
    if len({one.incident for one in running}) > 1:
        return Outcome.UNCLEAR
    return next((one.id for one in [*running, *messages]), Outcome.UNKNOWN)
