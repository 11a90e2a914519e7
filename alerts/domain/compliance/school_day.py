"""A school's day: everything that rules may ask of it, loaded once.

`now` is how far the day is known: the present for a day that runs, its end for one that is over. Spans never reach
beyond `now`. Tuples are in order of time.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from alerts.domain.compliance.events import GateEvent, PatrolPoint, PostEvent, VisitEvent
from alerts.domain.compliance.schedule import Schedule
from alerts.domain.compliance.verdicts import Grade
from alerts.domain.contacts import CertificateKind
from alerts.domain.incidents import Cause
from alerts.domain.presses import Mode
from alerts.domain.registry import DeviceRole as DeviceRole  # noqa: PLC0414 - rules find it beside the day
from alerts.domain.registry import Ownership, PointKind, PostKind, SchoolKind
from alerts.domain.spans import Span, Spans


@dataclass(frozen=True, slots=True)
class Proof:
    """A test press of a device and how far it was proved: shown by the platform, receipted by 110, told the button. One
    that somebody objected to proves nothing and is not here."""

    incident: int
    at: datetime
    seen: bool
    police: bool
    returned: bool
    announced_to_police: bool

    @property
    def whole(self) -> bool:
        """Proved end to end."""
        return self.seen and self.police and self.returned


@dataclass(frozen=True, slots=True)
class Fault:
    """A stretch in which a device did not work."""

    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeviceDay:
    """A registered device on a day. `unheard`, `tampered`, `mains_lost` are the stretches of this day; `proofs` and
    `faults` those since the first of the month before, and of the last 31 days at least.

    `heard_ever`: it has been heard at least once. `proved_ever`: a test of it was proved end to end at least once.
    `tells` are the traits among `battery`, `mains` and `tamper` that it has told: of the others nobody knows.
    `month_unheard` of `month_watched`: how long it was not heard this month. `clock_offset_seconds` is the median
    difference of its clock this day, and when it told no time on it, at its last press within 31 days; else None.
    """

    code: str
    role: DeviceRole
    point_kind: PointKind
    heard_ever: bool = True
    proved_ever: bool = False
    tells: frozenset[str] = frozenset()
    unheard: Spans = ()
    tampered: Spans = ()
    mains_lost: Spans = ()
    unheard_since: datetime | None = None
    low_battery_since: datetime | None = None
    month_unheard: timedelta = timedelta()
    month_watched: timedelta = timedelta()
    clock_offset_seconds: float | None = None
    proofs: tuple[Proof, ...] = ()
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a person is certified for, and until when (None: without end)."""

    kind: CertificateKind
    valid_until: date | None

    def is_in_date(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_until is None or on <= self.valid_until


@dataclass(frozen=True, slots=True)
class Holder:
    """A person who holds a post of the school. `seen_at` is when they last checked in there before this day, so that it
    counts; of the 31 days before, None: not in these."""

    person: str
    post: str
    post_kind: PostKind
    certificates: tuple[Certificate, ...] = ()
    reachable: bool = False
    seen_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PostDay:
    """A post of the school. `duty` is who was to be there by its roster, from a day before this day until its end;
    `point_kind` where it is, as far as the readers at which people check in for it tell.

    `published_until` is how far the roster reaches (None: there is none). Of what is published from now on, `holes` are
    the stretches for which it names nobody though it should, and `unreachable` the people whom no channel reaches.
    """

    code: str
    kind: PostKind
    point_kind: PointKind | None = None
    rostered: bool = False
    duty: tuple[tuple[str, Span], ...] = ()
    published_until: datetime | None = None
    holes: Spans = ()
    unreachable: tuple[str, ...] = ()


class FactKind(StrEnum):
    """What people declare or check and write down, because no device can tell it."""

    WALL_SURVEY = "wall_survey"  # C7; says `height_centimetres`, `gaps`
    BARRIER = "barrier"  # C8; says `in_place`
    KIT = "kit"  # G6; says each of the eight pieces with its number
    BACKGROUND_CHECK = "background_check"  # G5; of a person
    GUARD_CERTIFICATE = "guard_certificate"  # G5; of a person whose certificate somebody saw
    BUTTON_TRAINING = "button_training"  # G8, A11; of a person, who pressed
    FAULT_MEASURE = "fault_measure"  # A9; of a device that does not work: says `measure`, what stands in for it
    TEAM_TRAINING = "team_training"  # T1, T2; says `people`, how many were there
    CROSSING = "crossing"  # H3, H4; who stood there: says `guards`, `teachers` (marked), `police`, `parents`
    VIDEO_SAMPLE = "video_sample"  # V2; says `oldest_days`, `key_place`
    PUPIL_LEAVE = "pupil_leave"  # C9; a leave that matches an exit; never a name
    PUPIL_EXIT = "pupil_exit"  # C9
    VEHICLE_CONSENT = "vehicle_consent"  # C6; of a visit
    SCHOOL_TOLD = "school_told"  # R8; of an incident
    HAZARD = "hazard"  # Z1; of a hazard, what it looks like, or that it is gone: says `mended`
    INSPECTED = "inspected"  # of a rule, what an inspector saw; says `as_required`, and `of` whom
    DISABLED = "disabled"  # a rule that does not apply here, by whom, until when, and why


@dataclass(frozen=True, slots=True)
class Fact:
    """A declared or checked fact as it stands: who said it, when, until when it holds. A corrected one is not here.

    `grade` is C when somebody was there and looked (with a check-in, a photo or an inspector's visit), else D. `about`
    is the person, visit, incident or device that it is about.
    """

    id: int
    kind: FactKind
    at: datetime
    by: str
    grade: Grade
    valid_until: date | None = None
    about: str | None = None
    photo: bool = False
    said: dict[str, str | int | float | bool] = field(default_factory=dict)

    def is_in_date(self, on: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_until is None or on <= self.valid_until


FALSE_CAUSES = frozenset({Cause.ACCIDENTAL, Cause.PUPIL_PLAY})
"""Why somebody pressed who need not have: what training can change."""


@dataclass(frozen=True, slots=True)
class IncidentDay:
    """An incident of the school that opened on the day; times are those of the log."""

    id: int
    mode: Mode
    opened_at: datetime
    taken_at: datetime | None = None
    school_told_at: datetime | None = None
    police_sent_at: datetime | None = None
    police_accepted_at: datetime | None = None
    on_scene_at: datetime | None = None
    closed_at: datetime | None = None
    cause: Cause | None = None
    people_at_closing: int = 0
    text_at_closing: bool = False


@dataclass(frozen=True, slots=True)
class LivePress:
    """A live press that arrived on the day, at `at`. `receipt` is the key of the evidence that the broker confirmed its
    receipt, and `confirmed_at` when; None: nobody recorded it, as with every press that came over HTTPS."""

    incident: int
    at: datetime
    confirmed_at: datetime | None = None
    receipt: str | None = None

    @property
    def received_to_button_seconds(self) -> float | None:
        """How long the button waited for its receipt; None: that is not known. A clock that was set back in between
        tells nothing."""
        if self.confirmed_at is None or self.confirmed_at < self.at:
            return None
        return (self.confirmed_at - self.at).total_seconds()


@dataclass(frozen=True, slots=True)
class Drill:
    """A drill that was held, within a year and a day: a window of the mode drill with at least one press in it.
    `phases` are how long after the first press the work of the 1-3-5 minutes was done, seconds (None: not ticked
    off)."""

    window: int
    at: datetime
    plan: str | None
    night: bool
    phases: tuple[float | None, float | None, float | None] = (None, None, None)


@dataclass(frozen=True, slots=True)
class PracticePress:
    """A press of a button of the school in an announced test or drill."""

    incident: int
    device: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Hazard:
    """A hazard (隐患) that was open during the day, or was closed on it."""

    id: int
    opened_at: datetime
    owner: str | None
    due_at: datetime | None
    closed_at: datetime | None
    proof: bool


@dataclass(frozen=True, slots=True)
class Duties:
    """How many of the plans' responsibilities were asked of the school, covered at `day.now`, and exercised within a
    year. `sample`: one of the plans is an invented one, so that the counts say nothing of the real school."""

    asked: int
    covered: int
    exercised: int
    sample: bool = False
    plans: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Records:
    """For how many days back everything was still kept on this day: presses and their incidents, and what gates and
    visitor terminals reported. None: nothing was ever removed."""

    alarm_days: int | None
    access_days: int | None


DAYS_AT_HAND = 4
"""Of so many days that are judged just now, what several rules work out is kept."""


@dataclass(frozen=True, slots=True, eq=False)
class SchoolDay:
    """Everything that rules may ask of one school on one day. It equals itself alone, so that what several rules work
    out of it is worked out once.

    `eve` is the schedule of the day before: what happens at night belongs to the day on which the night ends. So
    `check_ins` begin a day before `starts_at`. `false_presses` counts those of the term so far, live incidents closed
    with a cause of `FALSE_CAUSES`, and `last_false_press_at` is the last of them; `practice` are the test and drill
    presses of the term. `watched_since`: since when the service keeps this school's evidence, so that nobody knows what
    was before. None: for longer than any rule asks.
    """

    school: str
    kind: SchoolKind
    ownership: Ownership
    students: int
    boarders: int
    zone: ZoneInfo
    on: date
    starts_at: datetime
    ends_at: datetime
    now: datetime
    schedule: Schedule
    gates: tuple[GateEvent, ...] = ()
    visits: tuple[VisitEvent, ...] = ()
    check_ins: tuple[PostEvent, ...] = ()
    points: tuple[PatrolPoint, ...] = ()
    devices: tuple[DeviceDay, ...] = ()
    holders: tuple[Holder, ...] = ()
    posts: tuple[PostDay, ...] = ()
    facts: tuple[Fact, ...] = ()
    incidents: tuple[IncidentDay, ...] = ()
    presses: tuple[LivePress, ...] = ()
    drills: tuple[Drill, ...] = ()
    practice: tuple[PracticePress, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    duties: Duties | None = None
    records: Records | None = None
    false_presses: int = 0
    last_false_press_at: datetime | None = None
    watched_since: datetime | None = None
    in_town: bool | None = None
    eve: Schedule | None = None

    @property
    def boarding(self) -> bool:
        """Whether pupils sleep here."""
        return self.boarders > 0

    @property
    def over(self) -> bool:
        """Whether nothing more can happen on this day."""
        return self.now >= self.ends_at

    def devices_of(self, role: DeviceRole) -> tuple[DeviceDay, ...]:
        """Its devices of a role."""
        return tuple(one for one in self.devices if one.role is role)

    def holders_of(self, *kinds: PostKind) -> tuple[Holder, ...]:
        """Who holds posts of these kinds; each person once."""
        found = {one.person: one for one in self.holders if one.post_kind in kinds}
        return tuple(found.values())

    def facts_of(self, kind: FactKind) -> tuple[Fact, ...]:
        """Facts of a kind that hold on this day, the newest last."""
        return tuple(one for one in self.facts if one.kind is kind and one.is_in_date(self.on))

    def look_after(self, deadlines: Iterable[datetime | None]) -> datetime | None:
        """When the first of these deadlines will have passed: just after it, for on the dot all is still in time. A day
        that is over changes no more."""
        coming = (at + timedelta.resolution for at in deadlines if at is not None and at >= self.now)
        return None if self.over else min(coming, default=None)

    def is_recent(self, at: datetime, months: float) -> bool:
        """Whether something was within so many months before the day's end."""
        return self.ends_at - at <= timedelta(days=months * 30.5)

    def past(self, spans: Iterable[Span]) -> Spans:
        """As much of these stretches as has passed."""
        return tuple((since, min(until, self.now)) for since, until in spans if since < self.now)
