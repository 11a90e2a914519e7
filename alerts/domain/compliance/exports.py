"""What can be asked of reports of closed days, and how far one is."""

from __future__ import annotations

from enum import StrEnum


class Period(StrEnum):
    """How long a report tells of."""

    DAY = "day"
    MONTH = "month"
    TERM = "term"


class ExportForm(StrEnum):
    """What a report is written as: two for people, two for machines."""

    XLSX = "xlsx"
    PDF = "pdf"
    CSV = "csv"
    JSON = "json"


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    MAKING = "making"
    MADE = "made"
    FAILED = "failed"
