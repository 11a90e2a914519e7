"""Lanes: stored, then answered, then acknowledged; through lost brokers, lost databases and messages that break it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest
from structlog.testing import capture_logs

from alerts.domain.arrivals import Arrival, Confirmation, Receipt, Stage
from alerts.storage.errors import StorageUnavailable
from gateway.broker import BrokerAddress, Session
from gateway.confirmations import Confirmations
from gateway.database_watch import DatabaseWatch
from gateway.deposit import Deposit, UseCase
from gateway.lanes import Lane
from gateway.line import Line
from gateway.metrics import DROPPED, LaneMetrics
from simulators.embedded.broker import EmbeddedBroker
from tests.gateway import scripted_broker as wire
from tests.gateway.conftest import DEVICE, device_speaking, eventually, say_all, service_connection
from tests.gateway.scripted_broker import scripted_broker

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PRESSES = [b'{"id":"p%03d"}' % number for number in range(40)]


@dataclass
class Store:
    """A use case that remembers what it took, can be away, and breaks on messages that a test chose."""

    stored: list[bytes] = field(default_factory=list)
    put_aside: list[bytes] = field(default_factory=list)
    poison: frozenset[bytes] = frozenset()
    attempts: int = 0
    away: bool = False
    confirmed: list[list[Confirmation]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    @property
    def use_case(self) -> UseCase:
        """What a lane is given."""
        return UseCase(self.take, self.set_aside)

    async def take(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
        """Store the batch, or nothing of it."""
        self.attempts += 1
        await self.gate.wait()
        if self.away:
            raise StorageUnavailable("the server is restarting")
        if any(arrival.payload in self.poison for arrival in arrivals):
            raise ZeroDivisionError
        self.stored += [arrival.payload for arrival in arrivals]
        return [receipt_of(arrival) for arrival in arrivals]

    async def confirm(self, confirmations: Sequence[Confirmation]) -> None:
        """Store when receipts were confirmed; each call is one statement."""
        if self.away:
            raise StorageUnavailable("the server is restarting")
        self.confirmed.append([*confirmations])

    async def set_aside(self, arrival: Arrival, error: Exception) -> list[Receipt]:
        """Store what `take` broke on."""
        if self.away:
            raise StorageUnavailable("the server is restarting")
        assert isinstance(error, ZeroDivisionError)
        self.put_aside.append(arrival.payload)
        return [receipt_of(arrival)]


def receipt_of(arrival: Arrival) -> Receipt:
    district, school, device = arrival.topic.split("/")[2:5]
    press = arrival.payload.decode()
    return Receipt(district, school, device, press, 7, Stage.RECEIVED, NOON, f"id:{press}")


def make_lane(store: Store, address: BrokerAddress, *, batch_limit: int = 256) -> Lane:
    metrics = LaneMetrics("presses")
    line = Line("presses", address, Session("gateway-presses", ("campus/v1/+/+/+/press",), kept=True), metrics)
    watch = DatabaseWatch()
    deposit = Deposit("presses", store.use_case, line, watch, metrics)
    return Lane(
        line, deposit, Confirmations("presses", store.confirm, line, watch, gather_seconds=1), metrics, batch_limit
    )


@asynccontextmanager
async def running(lane: Lane) -> AsyncIterator[Lane]:
    """The lane at work; stopped at the end as SIGTERM would."""
    task = asyncio.create_task(lane.run(), name="lane")
    try:
        yield lane
    finally:
        lane.stop()
        async with asyncio.timeout(30):
            await task


@asynccontextmanager
async def running_on(broker: EmbeddedBroker, store: Store, *, batch_limit: int = 256) -> AsyncIterator[Lane]:
    """A lane on a real broker, listening."""
    async with running(make_lane(store, BrokerAddress.parse(broker.url()), batch_limit=batch_limit)) as lane:
        await eventually(lambda: lane.line.listening_since, "the lane listens")
        yield lane


@asynccontextmanager
async def running_on_script(store: Store) -> AsyncIterator[tuple[Lane, wire.ScriptedBroker]]:
    """A lane on a scripted broker, listening."""
    async with (
        scripted_broker() as broker,
        running(make_lane(store, BrokerAddress("127.0.0.1", broker.port))) as lane,
    ):
        await eventually(lambda: lane.line.listening_since, "the lane listens")
        yield lane, broker


async def test_every_press_is_stored_and_answered(city_broker: EmbeddedBroker) -> None:
    store = Store()
    async with device_speaking(city_broker) as device, running_on(city_broker, store):
        await say_all(device, "press", PRESSES)
        async with asyncio.timeout(60):
            heard = [(await anext(device.messages)).payload for _ in PRESSES]
    assert sorted(store.stored) == PRESSES
    assert len(heard) == len(PRESSES)
    assert b'{"press":"{\\"id\\":\\"p000\\"}","incident":7,"stage":"received","at":"2026-03-02T12:00:00Z"}' in heard


async def test_nothing_is_acknowledged_or_answered_before_it_is_stored() -> None:
    store = Store()
    store.gate.clear()
    async with running_on_script(store) as (_, broker):
        for number in range(1, 6):
            broker.publish(b"campus/v1/a/b/c/press", b"%d" % number, mid=number)
        await eventually(lambda: store.attempts == 1)
        broker.publish(b"campus/v1/a/b/c/press", b"6", mid=6)
        assert broker.count(wire.PUBACK) == broker.count(wire.PUBLISH) == 0
        store.gate.set()
        await eventually(lambda: broker.count(wire.PUBACK) == 6)
    kinds = [packet.kind for packet in broker.heard if packet.kind in (wire.PUBACK, wire.PUBLISH)]
    assert kinds.index(wire.PUBACK) > kinds.index(wire.PUBLISH)


async def test_a_lane_takes_what_is_there_and_waits_for_no_more() -> None:
    store = Store()
    async with running_on_script(store) as (lane, broker):
        broker.publish(b"campus/v1/a/b/c/press", b"alone", mid=1)
        await eventually(lambda: broker.count(wire.PUBACK) == 1)
        assert store.attempts == 1
        store.gate.clear()
        broker.publish(b"campus/v1/a/b/c/press", b"first", mid=2)
        await eventually(lambda: store.attempts == 2)
        for number in range(3, 103):
            broker.publish(b"campus/v1/a/b/c/press", b"together", mid=number)
        await eventually(lambda: lane.line.held == 101, "all are here")
        store.gate.set()
        await eventually(lambda: broker.count(wire.PUBACK) == 102)
    assert store.attempts == 3


async def test_a_database_that_is_away_for_a_while_loses_nothing_and_is_told_of_once(
    city_broker: EmbeddedBroker,
) -> None:
    store = Store(away=True)
    with capture_logs() as logs:
        async with device_speaking(city_broker) as device, running_on(city_broker, store):
            await say_all(device, "press", PRESSES)
            await eventually(lambda: store.attempts >= 3, "several attempts")
            assert store.stored == []
            store.away = False
            await eventually(lambda: len(set(store.stored)) == len(PRESSES), "everything stored")
    assert sorted(store.stored) == PRESSES
    told = [log["event"] for log in logs if log["event"].startswith("gateway.database")]
    assert told == ["gateway.database.lost", "gateway.database.back"]
    assert next(log for log in logs if log["event"] == "gateway.database.back")["away_seconds"] > 0


async def test_a_broker_that_dies_and_comes_back_loses_nothing(city_broker: EmbeddedBroker) -> None:
    store = Store()
    with capture_logs() as logs:
        async with running_on(city_broker, store) as lane:
            async with device_speaking(city_broker) as device:
                await say_all(device, "press", PRESSES[:20])
            await eventually(lambda: len(store.stored) >= 20)
            city_broker.kill()
            await eventually(lambda: lane.line.listening_since is None, "the loss is noticed")
            city_broker.start()
            await eventually(lambda: lane.line.listening_since, "the lane is back")
            async with device_speaking(city_broker) as device:
                await say_all(device, "press", PRESSES[20:])
            await eventually(lambda: len(set(store.stored)) == len(PRESSES))
    assert set(store.stored) == set(PRESSES)
    told = [log["event"] for log in logs if log["event"].startswith("gateway.broker")]
    assert told == ["gateway.broker.connected", "gateway.broker.lost", "gateway.broker.back"]


async def test_what_a_dead_broker_had_delivered_is_stored_and_answered_over_the_next_connection() -> None:
    """Mosquitto forgets what it had in memory when it is killed: then ours is the only copy."""
    store = Store()
    store.gate.clear()
    async with running_on_script(store) as (lane, broker):
        for number in range(1, 6):
            broker.publish(b"campus/v1/a/b/c/press", b"%d" % number, mid=number)
        await eventually(lambda: store.attempts == 1)
        broker.hang_up()
        await eventually(lambda: lane.line.listening_since is None)
        store.gate.set()
        await eventually(lambda: broker.count(wire.PUBLISH) == 5)
        assert broker.count(wire.CONNECT) == 2
        assert broker.count(wire.PUBACK) == 0
        before = datetime.now(UTC)
        confirm_all(broker)
        await eventually(lambda: store.confirmed)
    assert sorted(store.stored) == [b"1", b"2", b"3", b"4", b"5"]
    (batch,) = store.confirmed
    assert [one.identity for one in batch] == ["id:1", "id:2", "id:3", "id:4", "id:5"]
    assert all(one.confirmed_at >= before for one in batch), "owed until then, whenever they were first written"


def confirm_all(broker: wire.ScriptedBroker) -> None:
    """The broker has every receipt."""
    for packet in broker.heard:
        if packet.kind == wire.PUBLISH:
            broker.confirm(packet.mid)


async def test_a_receipt_is_confirmed_when_the_broker_says_so_and_many_are_written_at_once() -> None:
    class Answering(Store):
        async def take(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
            received = await super().take(arrivals)
            return [replace(one, stage=stage) for one in received for stage in (Stage.RECEIVED, Stage.SEEN)]

    store = Answering()
    async with running_on_script(store) as (_, broker):
        for number in range(1, 51):
            broker.publish(b"campus/v1/a/b/c/press", b"%d" % number, mid=number)
        await eventually(lambda: broker.count(wire.PUBACK) == 50)
        assert broker.count(wire.PUBLISH) == 100
        assert store.confirmed == []
        receipts = [packet for packet in broker.heard if packet.kind == wire.PUBLISH]
        for packet in receipts[:-2]:
            broker.confirm(packet.mid)
        await eventually(lambda: store.confirmed)
    (batch,) = store.confirmed
    assert [one.identity for one in batch] == [f"id:{number}" for number in range(1, 50)], "the last one never was"
    assert {(one.device, one.topic) for one in batch} == {("c", "campus/v1/a/b/c/receipt")}
    assert b'"stage":"received"' in batch[0].payload


async def test_confirmations_wait_for_the_database_and_hold_up_no_press(city_broker: EmbeddedBroker) -> None:
    @dataclass
    class Reluctant(Store):
        reluctant: bool = True
        asked: int = 0

        async def confirm(self, confirmations: Sequence[Confirmation]) -> None:
            self.asked += 1
            if self.reluctant:
                raise StorageUnavailable("too many connections")
            await super().confirm(confirmations)

    store = Reluctant()
    async with device_speaking(city_broker) as device, running_on(city_broker, store):
        await say_all(device, "press", PRESSES[:20])
        await eventually(lambda: store.asked, "the first attempt")
        await say_all(device, "press", PRESSES[20:])
        await eventually(lambda: len(set(store.stored)) == len(PRESSES))
        assert store.confirmed == []
        store.reluctant = False
        await eventually(lambda: sum(map(len, store.confirmed)) >= len(PRESSES))
    assert {one.identity for batch in store.confirmed for one in batch} == {f"id:{each.decode()}" for each in PRESSES}


async def test_confirmations_that_cannot_be_written_are_let_go_of_and_counted_and_the_lane_goes_on() -> None:
    class Broken(Store):
        async def confirm(self, confirmations: Sequence[Confirmation]) -> None:
            await super().confirm(confirmations)
            raise ZeroDivisionError

    store = Broken()
    with capture_logs() as logs:
        async with running_on_script(store) as (_, broker):
            for number in (1, 2):
                broker.publish(b"campus/v1/a/b/c/press", b"%d" % number, mid=number)
                await eventually(lambda number=number: broker.count(wire.PUBLISH) == number)
                confirm_all(broker)
                await eventually(lambda number=number: len(store.confirmed) == number)
    told = [log for log in logs if log["event"] == "gateway.confirmations.lost"]
    assert [(log["receipts"], log["reason"]) for log in told] == [(1, "ZeroDivisionError()")] * 2


async def test_only_so_many_confirmations_are_kept_and_what_is_let_go_of_is_counted() -> None:
    metrics = LaneMetrics("presses")
    line = Line("presses", BrokerAddress("127.0.0.1", 1), Session("gateway-presses"), metrics)
    confirmations = Confirmations("presses", Store().confirm, line, DatabaseWatch())
    before = DROPPED.labels("confirmation of a receipt")._value.get()
    for number in range(20_003):
        confirmations.note("c", f"id:{number}", "campus/v1/a/b/c/receipt", b"{}")
    assert DROPPED.labels("confirmation of a receipt")._value.get() - before == 3


async def test_a_message_that_breaks_the_use_case_is_set_aside_alone(city_broker: EmbeddedBroker) -> None:
    store = Store(poison=frozenset({PRESSES[13]}))
    store.gate.clear()
    with capture_logs() as logs:
        async with device_speaking(city_broker) as device:
            async with running_on(city_broker, store):
                await say_all(device, "press", PRESSES)
                store.gate.set()
                await eventually(lambda: len(store.stored) + len(store.put_aside) >= len(PRESSES))
            async with service_connection(city_broker, "press", client_id="gateway-presses") as connection:
                await connection.await_listening()
                await say_all(device, "press", [b"after"])
                (next_one,) = await connection.take(1)
    assert store.put_aside == [PRESSES[13]]
    assert sorted(store.stored) == [*PRESSES[:13], *PRESSES[14:]]
    assert next_one.payload == b"after", "everything before it is acknowledged"
    (told,) = [log for log in logs if log["event"] == "gateway.message.poison"]
    assert (told["log_level"], told["device"], told["payload"]) == ("error", DEVICE, PRESSES[13])


async def test_a_batch_of_nothing_but_poison_is_set_aside_whole() -> None:
    store = Store(poison=frozenset({b"bad"}))
    async with running_on_script(store) as (_, broker):
        for number in range(1, 51):
            broker.publish(b"campus/v1/a/b/c/press", b"bad", mid=number)
        await eventually(lambda: broker.count(wire.PUBACK) == 50)
    assert store.put_aside == [b"bad"] * 50


async def test_a_stop_stores_and_acknowledges_what_is_here(city_broker: EmbeddedBroker) -> None:
    store = Store()
    store.gate.clear()
    async with device_speaking(city_broker) as device:
        async with running_on(city_broker, store) as lane:
            await say_all(device, "press", PRESSES)
            await eventually(lambda: store.attempts == 1)
            lane.stop()
            store.gate.set()
        stored = set(store.stored)
        async with service_connection(city_broker, "press", client_id="gateway-presses") as connection:
            await connection.await_listening()
            await say_all(device, "press", [b"after"])
            rest: set[bytes] = set()
            # What was on its way at the stop comes again when the broker's time for it is over, later than what is new.
            async with asyncio.timeout(60):
                while not {*PRESSES, b"after"} <= stored | rest:
                    rest |= {delivery.payload for delivery in await connection.take(256)}
    assert stored | rest == {*PRESSES, b"after"}


async def test_a_stop_while_the_database_is_away_leaves_everything_with_the_broker(
    city_broker: EmbeddedBroker,
) -> None:
    store = Store(away=True)
    async with device_speaking(city_broker) as device:
        async with running_on(city_broker, store):
            await say_all(device, "press", PRESSES)
            await eventually(lambda: store.attempts >= 1)
        store.away = False
        async with running_on(city_broker, store):
            await eventually(lambda: len(set(store.stored)) == len(PRESSES))
    assert sorted(set(store.stored)) == PRESSES


async def test_a_stop_ends_the_waiting_for_a_broker_that_is_away() -> None:
    async with running(make_lane(Store(), BrokerAddress("127.0.0.1", 1))) as lane:
        await eventually(lambda: lane.line.failures >= 2)


async def test_a_receipt_that_no_broker_would_take_does_not_stop_the_lane() -> None:
    class Careless(Store):
        async def take(self, arrivals: Sequence[Arrival]) -> list[Receipt]:
            await super().take(arrivals)
            return [Receipt("a", "b", "no such#device", "p", 7, Stage.RECEIVED, NOON)]

    with capture_logs() as logs:
        async with running_on_script(Careless()) as (_, broker):
            broker.publish(b"campus/v1/a/b/c/press", b"", mid=1)
            await eventually(lambda: broker.count(wire.PUBACK) == 1)
            assert broker.count(wire.PUBLISH) == 0
    assert [log["device"] for log in logs if log["event"] == "gateway.receipt.unsayable"] == ["no such#device"]


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 1000])
async def test_any_number_of_messages_is_worked_off(size: int) -> None:
    store = Store()
    async with running_on_script(store) as (_, broker):
        for number in range(1, size + 1):
            broker.publish(b"campus/v1/a/b/c/press", b"%d" % number, mid=number)
        await eventually(lambda: broker.count(wire.PUBACK) == size)
    assert store.stored == [b"%d" % number for number in range(1, size + 1)]
