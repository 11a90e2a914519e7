"""What our programs load when they start, loaded once for all that the tests start (tests/programs.py)."""

import gc
import os
import sys
from importlib import import_module

sys.dont_write_bytecode = False  # as in conftest.py: the next run loads what this one compiled
# What is made while loading belongs to no terminal, wherever the tests are started.
os.environ["TERM"] = "dumb"

for name in (
    "alerts.__main__",
    "alerts.commands.accounts",
    "alerts.commands.audit",
    "alerts.commands.compliance",
    "alerts.commands.coverage",
    "alerts.commands.engine",
    "alerts.commands.importing",
    "alerts.commands.judge",
    "alerts.commands.plans",
    "alerts.commands.police",
    "alerts.commands.reports",
    "alerts.commands.rosters",
    "dashboard.__main__",
    "dashboard.server",
    "gateway.__main__",
    "simulators.__main__",
):
    import_module(name)

for name in ("alerts", "dashboard", "gateway", "simulators"):
    del sys.modules[f"{name}.__main__"]  # each program runs its own

gc.freeze()  # so that a fork need not copy what never changes
