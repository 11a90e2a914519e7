"""What people may declare, kind by kind: what a fact is about and what it says. Nothing else is kept, and never a
pupil's name.

A fact is worth grade C when whoever looked was there: a photo shows it, or their own check-in at that school, nearby in
time. All others are forms: grade D.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from alerts.domain.compliance.school_day import FactKind
from alerts.domain.compliance.verdicts import Grade

Said = Mapping[str, str | int | float | bool]

NEARBY = timedelta(minutes=30)  # ours: between a check-in and what that person then looked at
MAY_BE_AHEAD = timedelta(minutes=2)  # ours: clocks of people differ
OLDEST = timedelta(days=3 * 366)  # ours: what is older than our records proves nothing
LONGEST_VALID = timedelta(days=10 * 366)
KIT = ("helmet", "shield", "stab_vest", "gloves", "baton", "torch", "spray", "fork")
_LONGEST_TEXT = 500
_REFERENCE = re.compile(r"[A-Za-z0-9_:-]{1,64}")
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")


class FactInvalid(ValueError):
    """A fact that cannot be; the message says what to mend."""


class About(StrEnum):
    """What a fact is about, besides its school."""

    NOTHING = "nothing"
    PERSON = "person"
    VISIT = "visit"
    LEAVE = "leave"  # the number of a leave, never a pupil's name
    INCIDENT = "incident"
    DEVICE = "device"
    RULE = "rule"
    HAZARD = "hazard"


_NUMBERED = frozenset({About.INCIDENT, About.HAZARD})


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number."""

    smallest: int
    largest: int


@dataclass(frozen=True, slots=True)
class YesOrNo:
    """Yes or no."""


@dataclass(frozen=True, slots=True)
class Text:
    """Some words on what was seen."""


Field = Whole | YesOrNo | Text
_NOTE: Mapping[str, Field] = MappingProxyType({"note": Text()})


@dataclass(frozen=True, slots=True)
class Form:
    """What a kind of fact asks for. `fields` must all be there, `may` need not; `ends`: a last day must be named."""

    about: About = About.NOTHING
    fields: Mapping[str, Field] = field(default_factory=lambda: MappingProxyType({}))
    may: Mapping[str, Field] = field(default_factory=lambda: _NOTE)
    ends: bool = False


FORMS: Mapping[FactKind, Form] = MappingProxyType(
    {
        FactKind.WALL_SURVEY: Form(fields={"height_centimetres": Whole(0, 2000), "gaps": Whole(0, 10_000)}),
        FactKind.BARRIER: Form(fields={"in_place": YesOrNo()}),
        FactKind.KIT: Form(fields={piece: Whole(0, 1000) for piece in KIT}),
        FactKind.BACKGROUND_CHECK: Form(About.PERSON),
        FactKind.GUARD_CERTIFICATE: Form(About.PERSON),
        FactKind.BUTTON_TRAINING: Form(About.PERSON),
        FactKind.FAULT_MEASURE: Form(About.DEVICE, fields={"measure": Text()}),
        FactKind.TEAM_TRAINING: Form(fields={"people": Whole(0, 10_000)}),
        FactKind.CROSSING: Form(fields={who: Whole(0, 1000) for who in ("guards", "teachers", "police", "parents")}),
        FactKind.VIDEO_SAMPLE: Form(
            fields={"oldest_days": Whole(0, 3660), "key_place": YesOrNo()}, may={"camera": Text(), **_NOTE}
        ),
        FactKind.PUPIL_LEAVE: Form(About.LEAVE, may={}),
        FactKind.PUPIL_EXIT: Form(About.LEAVE, may={}),
        FactKind.VEHICLE_CONSENT: Form(About.VISIT),
        FactKind.SCHOOL_TOLD: Form(About.INCIDENT),
        FactKind.DISABLED: Form(About.RULE, fields={"why": Text()}, ends=True),
        FactKind.INSPECTED: Form(About.RULE, fields={"as_required": YesOrNo()}, may={"of": Text(), **_NOTE}, ends=True),
        FactKind.HAZARD: Form(About.HAZARD, fields={"mended": YesOrNo()}),
    }
)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A fact as somebody declares it. `seen_by` is the person who was there, when it is known."""

    kind: FactKind
    at: datetime
    about: str | None = None
    said: Said = field(default_factory=dict)
    valid_until: date | None = None
    seen_by: str | None = None


def check_declaration(declared: Declaration, now: datetime, on: date) -> None:
    """Whether it can be declared `now`; `on` is its own day by the school's clock. Raises FactInvalid."""
    form = FORMS[declared.kind]
    _check_about(declared.kind, form.about, declared.about)
    _check_said(declared.kind, form, declared.said)
    if declared.at > now + MAY_BE_AHEAD:
        raise FactInvalid("at: this is still to come; say when it was seen")
    if declared.at < now - OLDEST:
        raise FactInvalid("at: this is more than three years ago; look again and say when")
    if declared.valid_until is None:
        if form.ends:
            raise FactInvalid(f"valid_until: a fact of the kind {declared.kind} needs a last day")
    elif not timedelta() <= declared.valid_until - on <= LONGEST_VALID:
        raise FactInvalid("valid_until: the last day must not be before it was seen, nor more than ten years after")


def grade_fact(*, photos: int, check_in: str | None) -> Grade:
    """C when a photo shows it or whoever looked had checked in nearby, else D."""
    return Grade.C if photos or check_in else Grade.D


def _check_about(kind: FactKind, asked: About, about: str | None) -> None:
    if asked is About.NOTHING:
        if about is not None:
            raise FactInvalid(f"about: a fact of the kind {kind} is about the school alone; leave it out")
        return
    if about is None:
        raise FactInvalid(f"about: a fact of the kind {kind} needs the {asked} that it is about")
    if asked in _NUMBERED and not _NUMBER.fullmatch(about):
        raise FactInvalid(f"about: name the {asked} by its number")
    if not _REFERENCE.fullmatch(about):
        raise FactInvalid(
            f"about: name the {asked} by its number or code (1 to 64 of A-Z a-z 0-9 _ : -), never by a name"
        )


def _check_said(kind: FactKind, form: Form, said: Said) -> None:
    missing = sorted(form.fields.keys() - said.keys())
    if missing:
        raise FactInvalid(f"said: a fact of the kind {kind} needs {', '.join(missing)}")
    known = {**form.may, **form.fields}
    unknown = sorted(said.keys() - known.keys())
    if unknown:
        takes = ", ".join(sorted(known)) or "nothing"
        raise FactInvalid(f"said: {', '.join(unknown)} is not asked here: a fact of the kind {kind} takes {takes}")
    for name, value in said.items():
        _check_value(name, known[name], value)


def _check_value(name: str, asked: Field, value: str | float | bool) -> None:
    match asked:
        case YesOrNo():
            if not isinstance(value, bool):
                raise FactInvalid(f"said.{name}: must be true or false")
        case Whole(smallest, largest):
            if isinstance(value, bool) or not isinstance(value, int) or not smallest <= value <= largest:
                raise FactInvalid(f"said.{name}: must be a whole number between {smallest} and {largest}")
        case Text():
            if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST_TEXT or "\0" in value:
                raise FactInvalid(f"said.{name}: must be 1 to {_LONGEST_TEXT} characters of text")
