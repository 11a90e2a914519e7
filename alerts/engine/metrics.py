"""The engine's figures for Prometheus."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

STEPS = Counter("campus_engine_steps", "steps carried out", ["mode"])
STEP_LATENESS = Histogram(
    "campus_engine_step_lateness_seconds",
    "from the time at which something was due for an incident to the cycle that did it",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 1800),
)
MESSAGES = Counter(
    "campus_engine_messages", "attempts to send a message, by what became of them", ["channel", "outcome"]
)
UNREACHED = Counter("campus_engine_steps_unreached", "steps of which no message reached anybody in time")
DEVICES_CHANGED = Counter("campus_engine_devices_changed", "devices whose link or troubles changed", ["kind"])
HANDOVERS = Counter("campus_engine_handovers", "moves of hand-overs to 110 and what came too late", ["kind"])
STATION_EVENTS = Counter(
    "campus_engine_station_events", "attempts to tell the monitoring station something, by outcome", ["outcome"]
)
OUTPUTS_UNCONFIRMED = Counter("campus_engine_outputs_unconfirmed", "on-site outputs not confirmed within 10 s")
COVERAGE_HOLES = Gauge(
    "campus_engine_coverage_holes", "stretches of the coming week in which presses reach nobody, or others", ["finding"]
)
COMPLIANCE_JUDGED = Counter("campus_engine_compliance_judged", "schools judged anew by their rules")
COMPLIANCE_WAITING = Gauge("campus_engine_compliance_waiting", "changes that wait for schools to be judged anew")
DATABASE_UP = Gauge("campus_engine_database_up", "1 while the engine's cycle reaches the database", ["cycle"])
JUDGE_UP = Gauge("campus_engine_judge_up", "1 while the judge that this engine started runs")
