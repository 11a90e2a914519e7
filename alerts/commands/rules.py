"""`python -m alerts rules`: the rules of closed management, for a person at a terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from alerts.commands.console import make_console, make_table
from alerts.compliance.rulebook import STANDINGS, say_both, say_grades, say_numbers
from alerts.domain.compliance.catalogue import RULES
from alerts.domain.compliance.rules import Group


def print_rules(
    group: Annotated[Group | None, typer.Option(help="Only the rules of this group.")] = None,
) -> None:
    """Print every rule with its numbers, the evidence that holds it up, and where it is from."""
    rows = [
        (
            rule.code,
            rule.zh,
            rule.en,
            "\n".join(say_numbers(rule)),
            say_grades(rule),
            f"{rule.source} ({say_both(STANDINGS[rule.standing])})",
        )
        for rule in RULES
        if group in (None, rule.group)
    ]
    make_console().print(make_table(("", "规则", "rule", "numbers", "evidence", "source"), rows))
