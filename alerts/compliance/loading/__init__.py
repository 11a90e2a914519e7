"""Schools' days for the rules, loaded for many schools in a few statements: as much of them as rules ask."""

from alerts.compliance.loading.batch import EVERYTHING, Batch, batch_schools
from alerts.compliance.loading.days import load_days
from alerts.compliance.loading.evidence import Messages, digest_days, list_messages
from alerts.compliance.loading.people import FindCityDuties, KnownDuties

__all__ = [
    "EVERYTHING",
    "Batch",
    "FindCityDuties",
    "KnownDuties",
    "Messages",
    "batch_schools",
    "digest_days",
    "list_messages",
    "load_days",
]
