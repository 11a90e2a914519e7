"""Breaches: a rule that is not met, from when it is seen until it is met again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from types import MappingProxyType

from alerts.domain.compliance.terms import Default, Parameter, Standing, Terms, Unit, resolve_terms
from alerts.domain.compliance.verdicts import Verdict

BREACH = "breach"
"""Under this name numbers are set for the breaches of all rules; one set for a single rule counts before them."""

DEFAULTS: Mapping[str, Default] = MappingProxyType(
    {
        "mend_hours": Default(24, Unit.HOURS, "自定 our own", Standing.OURS),
        "repeat_days": Default(30, Unit.DAYS, "自定 our own", Standing.OURS),
        "repeat_times": Default(3, Unit.TIMES, "自定 our own", Standing.OURS),
    }
)
_MENDING = frozenset({Verdict.MET, Verdict.NOT_APPLICABLE})


def read_breach_terms(parameters: Mapping[str, Iterable[Parameter]], rule: str, school: str, on: date) -> Terms:
    """How long a breach of a rule may last, within how many days one counts as repeated, and how often that may be."""
    return resolve_terms(DEFAULTS, (*parameters.get(BREACH, ()), *parameters.get(rule, ())), school, on)


def is_mended(verdict: Verdict) -> bool:
    """Whether a verdict proves that a breach is over. What is unknown or declared proves nothing."""
    return verdict in _MENDING
