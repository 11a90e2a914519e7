"""`python -m alerts`: the engine, and what an operator does to the service from a terminal."""

from __future__ import annotations

from alerts.storage.errors import StorageUnavailable
from alerts.terminal import offer_commands, run_program

app = offer_commands(
    __doc__,
    {
        "run": "alerts.commands.engine:run",
        "judge": "alerts.commands.judge:judge",
        "migrate": "alerts.commands.schema:migrate",
        "certificates": "alerts.commands.certificates:make_certificates",
        "import": "alerts.commands.importing:import_files",
        "duty": "alerts.commands.rosters:show_duty",
        "coverage": "alerts.commands.coverage:check_coverage",
        "compliance": "alerts.commands.compliance:print_compliance",
        "report": "alerts.commands.reports:write_report",
        "answer-times": "alerts.commands.figures:print_answer_times",
        "test-month": "alerts.commands.figures:print_test_month",
        "audit": "alerts.commands.audit:audit",
        "policy": "alerts.commands.policies:policy",
        "account": "alerts.commands.accounts:account",
        "hold": "alerts.commands.holds:hold",
        "plan": "alerts.commands.plans:plans",
        "roster": "alerts.commands.rosters:roster",
        "rules": "alerts.commands.rules:print_rules",
        "secrets": "alerts.commands.secrets:secrets",
        "token": "alerts.commands.accounts:token",
        "police": "alerts.commands.police:police",
        "push-keys": "alerts.commands.push:print_keys",
    },
)


def main() -> None:
    """The console entry."""
    run_program(app, StorageUnavailable)


if __name__ == "__main__":
    main()
