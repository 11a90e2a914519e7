"""What a compliance report says, as one value: whatever form it is written in says no more and no less."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from alerts.compliance.figures import Split
from alerts.domain.compliance.exports import ExportForm, Period
from alerts.domain.compliance.headline import VerdictCount
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.terms import Level, Standing, Unit
from alerts.domain.compliance.verdicts import Reason
from alerts.domain.registry import Ownership, SchoolKind
from alerts.reports.words import Language
from alerts.storage.compliance_reports import BreachRow


def name_subject(district: str | None, school: str | None) -> str:
    """How the log calls a report of a school, of a district, or with neither of the city."""
    if school:
        return f"report:school:{school}"
    return f"report:district:{district}" if district else "report:city"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which report: of a school, a district or, with neither, the city; of the days from `first` to `last`.
    `period_name` is the term's."""

    period: Period
    first: date
    last: date
    district: str | None = None
    school: str | None = None
    period_name: str = ""

    @property
    def subject(self) -> str:
        """How the log calls it."""
        return name_subject(self.district, self.school)

    def name_file(self, form: ExportForm, language: Language) -> str:
        """The name of its file; anybody's file system takes it."""
        place = self.subject.removeprefix("report:").replace(":", "-")
        when = {Period.DAY: f"{self.first}", Period.MONTH: f"{self.first:%Y-%m}"}
        told = when.get(self.period, f"{self.first}-{self.last}")
        return f"compliance-{place}-{self.period}-{told}-{language}.{form}"


@dataclass(frozen=True, slots=True)
class ReportHead:
    """The log's row up to which a report tells: whoever has noted its hash elsewhere can prove what it rests on."""

    position: int
    hash: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReportLine:
    """Schools of one place. `last` counts them by their verdicts on the last closed day, `whole` counts school-days of
    the period; both by group of rules (`closed`, `alarm`, `guards` …) and by rule."""

    split: Split
    key: str
    name: str
    name_en: str
    schools: int
    last: dict[str, VerdictCount]
    whole: dict[str, VerdictCount]


@dataclass(frozen=True, slots=True)
class ReportDay:
    """A closed day. `evidence_hash` is over the evidence hashes of its schools; `log_position` and `log_hash` are the
    row of the log that closed it and what that says, None while the city has not closed it. `amended` counts schools
    whose record was amended since."""

    on: date
    closed_at: datetime
    schools: int
    amended: int
    evidence_rows: int
    evidence_hash: str
    log_position: int | None
    log_hash: str | None
    counts: dict[str, VerdictCount]


@dataclass(frozen=True, slots=True)
class ReportSchool:
    """A school, with a letter a closed day for each hundred and team: m met, n not met, u unknown, d declared,
    - not applicable, . nothing recorded."""

    code: str
    name: str
    district: str
    kind: SchoolKind
    ownership: Ownership
    group: str | None
    courses: dict[str, str]


@dataclass(frozen=True, slots=True)
class ReportFinding:
    """A rule that a school did not meet on a day, and why."""

    on: date
    school: str
    school_name: str
    district: str
    rule: str
    reasons: tuple[Reason, ...]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class ReportBreaches:
    """Breaches of the period: opened and closed within it, open and overdue when it ended (or now, while it lasts).
    `items` are the first of them."""

    opened: int
    closed: int
    open_at_end: int
    overdue_at_end: int
    items: tuple[BreachRow, ...]


@dataclass(frozen=True, slots=True)
class ReportNumber:
    """A number of a rule as it counts where nobody set another one."""

    name: str
    value: float
    unit: Unit
    source: str
    standing: Standing


@dataclass(frozen=True, slots=True)
class ReportRule:
    """A rule by which days of the period were judged, from the first to the last such day."""

    code: str
    group: Group | None
    zh: str
    en: str
    source: str
    first_on: date
    last_on: date
    numbers: tuple[ReportNumber, ...]


@dataclass(frozen=True, slots=True)
class ReportParameter:
    """A number that a level set, and that a day of the period was judged by."""

    id: int
    rule: str
    name: str
    level: Level
    school: str | None
    value: float
    source: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class ReportAmendment:
    """A later version of a school's closed day, and why there is one."""

    on: date
    school: str
    school_name: str
    version: int
    closed_at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class ComplianceReport:
    """A report, read from closed days as they stand at `head`.

    `missing` are days of the period without a record, `all_findings` and the like how many there are in all where only
    the first are listed. `findings` tell of the last closed day; those of a single school of each.
    """

    wanted: Wanted
    name: str
    name_en: str
    zone: str
    made_at: datetime
    head: ReportHead
    total: ReportLine
    lines: tuple[ReportLine, ...]
    days: tuple[ReportDay, ...]
    missing: tuple[date, ...]
    schools: tuple[ReportSchool, ...]
    findings: tuple[ReportFinding, ...]
    all_findings: int
    breaches: ReportBreaches
    rules: tuple[ReportRule, ...]
    parameters: tuple[ReportParameter, ...]
    amendments: tuple[ReportAmendment, ...]
    all_amendments: int
