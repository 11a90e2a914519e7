"""What each lane does with its messages, in terms of the intake."""

from collections import defaultdict
from collections.abc import Sequence

import structlog
from msgspec.structs import replace

from alerts.domain.arrivals import Arrival, Channel
from alerts.intake import Intake
from alerts.storage.errors import StorageUnavailable
from gateway import wire
from gateway.deposit import Receipts, UseCase

_log = structlog.get_logger()

# Not JSON: the press is stored as malformed and rings all the same. What the device said is in the quarantine.
_STAND_IN = b"set aside, see the quarantine"


def make_press_use_case(intake: Intake) -> UseCase:
    """Presses and cancels. A press that breaks the intake still rings: one without content stands in for it."""

    async def set_aside(arrival: Arrival, error: Exception) -> Receipts:
        receipts = await _take_stand_in(intake, arrival) if arrival.channel != Channel.CANCEL else []
        await _quarantine(intake, arrival, error)
        return receipts

    return UseCase(take=intake.take_presses, set_aside=set_aside)


def make_evidence_use_case(intake: Intake) -> UseCase:
    """States, gates, visitors, check-ins and outputs. What breaks the intake goes to the quarantine."""

    async def take(arrivals: Sequence[Arrival]) -> Receipts:
        await intake.take_reports(arrivals)
        return []

    async def set_aside(arrival: Arrival, error: Exception) -> Receipts:
        await _quarantine(intake, arrival, error)
        return []

    return UseCase(take=take, set_aside=set_aside)


def make_beat_use_case(intake: Intake) -> UseCase:
    """Signs of life. What breaks the intake goes to the quarantine."""

    async def take(arrivals: Sequence[Arrival]) -> Receipts:
        await intake.take_signs_of_life(arrivals)
        return []

    async def set_aside(arrival: Arrival, error: Exception) -> Receipts:
        await _quarantine(intake, arrival, error)
        return []

    return UseCase(take=take, set_aside=set_aside)


def make_stray_use_case(intake: Intake) -> UseCase:
    """What came on no known channel: people see it in the quarantine. Never promised to anybody, so one that cannot
    even be put there is only logged."""

    async def take(arrivals: Sequence[Arrival]) -> Receipts:
        reasons: dict[str, list[Arrival]] = defaultdict(list)
        for arrival in arrivals:
            fault = wire.find_topic_fault(arrival.topic)
            reasons[fault or f"no device speaks on the channel {arrival.channel!r}"].append(arrival)
        for reason, strays in reasons.items():
            await intake.quarantine(strays, reason)
        return []

    async def set_aside(_arrival: Arrival, _error: Exception) -> Receipts:
        return []

    return UseCase(take=take, set_aside=set_aside)


async def _take_stand_in(intake: Intake, arrival: Arrival) -> Receipts:
    try:
        return await intake.take_presses([replace(arrival, payload=_STAND_IN)])
    except StorageUnavailable:
        raise
    except Exception:  # noqa: BLE001 (logged; what the topic says can be at fault too)
        _log.exception("gateway.press.unplaceable", topic=arrival.topic, device=arrival.device)
        return await intake.take_presses([replace(arrival, district=None, school=None, device=None, payload=_STAND_IN)])


async def _quarantine(intake: Intake, arrival: Arrival, error: Exception) -> None:
    await intake.quarantine([arrival], f"the intake failed on it: {error!r}")
