"""What the gateway counts, for Prometheus. The label `lane` tells the connection."""

from prometheus_client import Counter, Gauge, Histogram

_BROKER_UP = Gauge("campus_gateway_broker_up", "1 while the lane is connected and subscribed", ["lane"])
_BROKER_SINCE = Gauge(
    "campus_gateway_broker_since_timestamp_seconds", "Since when the broker is up, or away, for the lane", ["lane"]
)
_BROKER_LOSSES = Counter("campus_gateway_broker_losses", "Connections lost or not made", ["lane"])
_UNACKNOWLEDGED = Gauge("campus_gateway_unacknowledged", "Messages here and not acknowledged to the broker", ["lane"])
_UNCONFIRMED = Gauge("campus_gateway_unconfirmed", "Published messages that the broker has not confirmed", ["lane"])
_PAUSED_SECONDS = Counter(
    "campus_gateway_paused_seconds", "Time in which the lane read nothing from the broker", ["lane"]
)
_DUPLICATES = Counter("campus_gateway_duplicates", "Deliveries repeated by the broker while still held here", ["lane"])
_RECEIPTS = Counter("campus_gateway_receipts", "Receipts written to the broker", ["lane", "stage"])
_POISON = Counter(
    "campus_gateway_poison", "Messages set aside because they could not be stored as what they are", ["lane"]
)
_BATCH_MESSAGES = Histogram(
    "campus_gateway_batch_messages",
    "Messages in a batch",
    ["lane"],
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
)
_LANE_SECONDS = Histogram(
    "campus_gateway_lane_seconds",
    "From the arrival of a batch's first message to its acknowledgement",
    ["lane"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120),
)

DATABASE_UP = Gauge("campus_gateway_database_up", "1 while the database takes what is stored")
DATABASE_SINCE = Gauge(
    "campus_gateway_database_since_timestamp_seconds", "Since when the database is up, or away, as the gateway sees it"
)
DROPPED = Counter(
    "campus_gateway_dropped",
    "Signs of life, unknown messages and confirmations let go of at a limit, by what they are",
    ["what"],
)


class LaneMetrics:
    """The figures of one lane."""

    def __init__(self, lane: str) -> None:
        self._lane = lane
        self.broker_up = _BROKER_UP.labels(lane)
        self.broker_since = _BROKER_SINCE.labels(lane)
        self.broker_losses = _BROKER_LOSSES.labels(lane)
        self.unacknowledged = _UNACKNOWLEDGED.labels(lane)
        self.unconfirmed = _UNCONFIRMED.labels(lane)
        self.paused_seconds = _PAUSED_SECONDS.labels(lane)
        self.duplicates = _DUPLICATES.labels(lane)
        self.poison = _POISON.labels(lane)
        self.batch_messages = _BATCH_MESSAGES.labels(lane)
        self.lane_seconds = _LANE_SECONDS.labels(lane)

    def count_receipt(self, stage: str) -> None:
        """One receipt of this stage was written."""
        _RECEIPTS.labels(self._lane, stage).inc()
