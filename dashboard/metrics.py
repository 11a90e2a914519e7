"""What Prometheus is told about this process."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

BOARDS = Gauge("campus_boards_connected", "Boards that are connected to this process")
CHANGES = Counter("campus_feed_changes", "Changes taken from the log for the boards", ["kind"])
RESYNCS = Counter(
    "campus_feed_resyncs", "Times that a board was too slow, or had a school come or go, and got a fresh snapshot"
)
SNAPSHOTS = Counter("campus_feed_snapshots", "Snapshots read from the database, each shared by all who came meanwhile")
SNAPSHOT_BYTES = Gauge("campus_feed_snapshot_bytes", "Size of the newest snapshot of the whole city", ["encoding"])
FEED_POSITION = Gauge("campus_feed_position", "The last row of the log that the boards of this process were told of")
FEED_DELAY = Histogram(
    "campus_feed_delay_seconds",
    "From a row's time in the log to its last write to a board",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0),
)
REQUESTS = Histogram(
    "campus_http_request_seconds",
    "Answered HTTP requests",
    ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0),
)
SHOWINGS = Counter("campus_showings", "What boards said that stands on their screens", ["outcome"])
WATCHING = Gauge("campus_watching", "Boards of this process whose people have an incident open")
SIGN_INS = Counter("campus_sign_ins", "Attempts to sign in", ["outcome"])
