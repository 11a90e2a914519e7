"""What devices should never send: stored or set aside, shown to people, and never in the way of the next press."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiomqtt
import pytest

from gateway import wire
from simulators.embedded.process import LOOPBACK
from tests.stories.chain import PATIENCE_SECONDS, Chain, eventually
from tests.stories.city import DEVICE_PASSWORD, GHOST, LOOSE, topic_of

ONE_MEGABYTE = 1_000_000
PROGRAMS = ("gateway", "engine", "dashboard")


@pytest.fixture(autouse=True)
def unharmed(chain: Chain) -> Iterator[None]:
    """Whatever came in, every process is the one that it was before, and none has logged an error."""
    pids, lengths = chain.read_pids(), {name: len(chain.read_log(name)) for name in PROGRAMS}
    yield
    assert chain.read_pids() == pids
    for name in PROGRAMS:
        assert chain.read_errors(name, lengths[name]) == []


class Button:
    """A device with firmware of unknown quality: says anything, on any topic that its broker lets it speak on."""

    def __init__(self, chain: Chain, code: str, client: aiomqtt.Client) -> None:
        self._chain = chain
        self._client = client
        self.code = code
        self.topic = topic_of(code, "press")

    async def say(self, payload: Any, topic: str | None = None) -> None:
        """Returns when the broker has acknowledged it. What is not bytes goes as JSON."""
        said = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        await self._client.publish(topic or self.topic, said, qos=1, timeout=PATIENCE_SECONDS)

    async def read_receipt(self) -> wire.Receipt:
        """The next answer."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            message = await anext(aiter(self._client.messages))
        return wire.decode_receipt(bytes(message.payload))

    async def press(self, payload: Any = b"", topic: str | None = None) -> dict[str, Any]:
        """The press as it is stored, after its `received` came."""
        await self.say(payload, topic)
        receipt = await self.read_receipt()
        assert receipt.stage == "received"
        [row] = await self._chain.rows(
            "select * from press where device = $1 and name = $2 and incident = $3",
            self.code,
            receipt.press,
            receipt.incident,
        )
        return dict(row)

    async def press_well(self) -> None:
        """A good press right after: the lane has not stopped."""
        row = await self.press({"id": f"good-{datetime.now(UTC).isoformat()}"}, topic_of(self.code, "press"))
        assert set(row["problems"]) <= {"unknown_device"}


@asynccontextmanager
async def run_button(chain: Chain, code: str) -> AsyncIterator[Button]:
    """A button that is signed in and hears its answers."""
    async with aiomqtt.Client(
        LOOPBACK, chain.mqtt_port, username=code, password=DEVICE_PASSWORD, timeout=PATIENCE_SECONDS
    ) as client:
        await client.subscribe(f"campus/v1/+/+/{code}/receipt", qos=1)
        yield Button(chain, code, client)


async def count_presses(chain: Chain, device: str) -> int:
    """How many presses of a device are stored."""
    count: int = await chain.value("select count(*) from press where device = $1", device)
    return count


async def find_quarantined(chain: Chain, device: str, size: int | None = None) -> dict[str, Any]:
    """What people see of a message that was set aside, as soon as it is there."""

    async def look() -> dict[str, Any] | None:
        async with chain.program() as program:
            items = (await program.get("/api/v1/quarantine?limit=500")).json()["items"]
        fits = (one for one in items if one["device"] == device and size in (None, one["payload_size"]))
        return next(fits, None)

    found = await eventually(look, f"something of {device} is in the quarantine")
    assert found is not None
    return found


async def test_fifty_presses_of_one_device_are_fifty_presses_in_one_incident(chain: Chain) -> None:
    async with run_button(chain, "F02-G1") as button:
        for number in range(50):
            await button.say({"id": f"press-{number}"})
        receipts = [await button.read_receipt() for _ in range(50)]
        assert {receipt.press for receipt in receipts} == {f"press-{number}" for number in range(50)}
        assert len({receipt.incident for receipt in receipts}) == 1
    assert await count_presses(chain, "F02-G1") == 50
    assert await chain.value("select presses from incident where id = $1", receipts[0].incident) == 50


async def test_the_same_press_five_times_is_stored_once_and_answered_each_time(chain: Chain) -> None:
    async with run_button(chain, "F03-G1") as button:
        for _ in range(5):
            await button.say({"id": "same", "at": datetime.now(UTC).isoformat()})
        receipts = [await button.read_receipt() for _ in range(5)]
        assert {(receipt.press, receipt.stage) for receipt in receipts} == {("same", "received")}
    assert await count_presses(chain, "F03-G1") == 1


@pytest.mark.parametrize(
    ("payload", "problems"),
    [
        (b"", set()),
        (b"{}", set()),
        (b'{"id": ', {"not_json"}),
        (b"\xff\xfe\x00broken", {"not_json"}),
        (b"[" * 3000, {"not_json"}),
        (b"[1, 2]", {"not_object"}),
        (b"x" * ONE_MEGABYTE, {"not_json"}),
        (b'{"id": "large", "note": "' + b"x" * ONE_MEGABYTE + b'"}', {"too_large"}),
        (
            {"id": ["a"], "boot": {}, "seq": "x", "at": 12, "kind": {}, "mode": 7},
            {"bad_id", "bad_at", "bad_kind", "bad_mode"},
        ),
        ({"boot": [], "seq": "x"}, {"bad_boot", "bad_seq"}),
        ({"id": "nul\x00inside", "kind": "\x00"}, {"bad_id"}),
        ({"id": "x" * 65}, {"bad_id"}),
        ({"id": "unpaired \ud800"}, {"not_json"}),
    ],
    ids=lambda value: repr(value)[:24] if isinstance(value, bytes | dict) else "",
)
async def test_a_press_that_cannot_be_read_still_rings_and_says_what_is_wrong(
    chain: Chain, payload: Any, problems: set[str]
) -> None:
    async with run_button(chain, "F04-G1") as button:
        row = await button.press(payload)
        assert set(row["problems"]) == problems
        assert row["school"] == "F04"
        await button.press_well()


async def test_an_unknown_kind_counts_as_other_and_is_kept_as_said(chain: Chain) -> None:
    async with run_button(chain, "F04-G2") as button:
        row = await button.press({"id": "odd", "kind": "earthquake", "colour": "red"})
        assert (row["kind"], row["kind_said"], row["problems"]) == ("other", "earthquake", [])
        assert json.loads(row["payload"])["colour"] == "red"


async def test_a_press_of_an_hour_ago_is_marked_late_with_both_times(chain: Chain) -> None:
    pressed_at = datetime.now(UTC) - timedelta(hours=1)
    async with run_button(chain, "F05-G1") as button:
        row = await button.press({"id": "old", "at": pressed_at.isoformat()})
        assert (row["late"], row["occurred_at"]) == (True, pressed_at)
        assert row["received_at"] - row["occurred_at"] > timedelta(minutes=59)
        await button.press_well()


async def test_a_press_from_the_future_is_stored_and_marked(chain: Chain) -> None:
    async with run_button(chain, "F05-G2") as button:
        row = await button.press({"id": "soon", "at": (datetime.now(UTC) + timedelta(hours=1)).isoformat()})
        assert (row["late"], row["problems"]) == (False, ["future"])
        await button.press_well()


async def test_a_press_on_another_schools_topic_belongs_to_the_school_of_its_device(chain: Chain) -> None:
    async with run_button(chain, "F06-G1") as button:
        row = await button.press({"id": "astray"}, "campus/v1/370202/F07/F06-G1/press")
        assert (row["school"], row["problems"]) == ("F06", ["wrong_school"])
        row = await button.press({"id": "far astray"}, "campus/v1/370203/nowhere/F06-G1/press")
        assert (row["school"], row["problems"]) == ("F06", ["wrong_school"])
        await button.press_well()


async def test_a_press_of_an_unregistered_device_is_placed_by_its_topic_or_shown_as_unplaced(chain: Chain) -> None:
    async with run_button(chain, GHOST) as button, chain.board() as board:
        placed = await button.press({"id": "placed"}, f"campus/v1/370202/F08/{GHOST}/press")
        assert (placed["school"], placed["problems"]) == ("F08", ["unknown_device"])
        unplaced = await button.press({"id": "lost"}, f"campus/v1/370299/nowhere/{GHOST}/press")
        assert (unplaced["school"], unplaced["problems"]) == (None, ["unknown_device"])
        await board.hear_until(lambda board: unplaced["incident"] in board.incidents)
        assert board.incidents[unplaced["incident"]]["school"] is None
    async with chain.program() as program:
        items = (await program.get("/api/v1/presses?unplaced=true")).json()["items"]
        assert ("lost", GHOST) in {(one["name"], one["device"]) for one in items}
        assert "placed" not in {one["name"] for one in items}


@pytest.mark.parametrize("channel", ["state", "gate", "visit", "post", "output"])
async def test_a_report_that_cannot_be_read_is_set_aside_where_people_see_it(chain: Chain, channel: str) -> None:
    async with run_button(chain, "F09-G1") as button:
        topic = topic_of(button.code, channel)
        for payload in (b"not json", b'{"online": "perhaps", "open": 3}', b"[]"):
            await button.say(payload, topic)
        huge = b"x" * (ONE_MEGABYTE + sum(channel.encode()))  # of another size for each channel, to be told apart
        await button.say(huge, topic)
        found = await find_quarantined(chain, button.code, len(huge))
        assert (found["topic"], found["channel"], found["reason"]) == (topic, channel, "not_json")
        assert len(found["payload_text"]) < len(huge)
        await button.press_well()


async def test_the_state_of_an_unregistered_device_is_set_aside(chain: Chain) -> None:
    async with run_button(chain, GHOST) as button:
        await button.say({"online": True}, f"campus/v1/370202/F08/{GHOST}/state")
        assert (await find_quarantined(chain, GHOST))["reason"] == "unknown_device"


async def test_a_device_cannot_speak_for_another_one_nor_on_a_channel_of_its_own(chain: Chain) -> None:
    """What a broker does with it differs (NATS hangs up, Mosquitto is silent); that it goes nowhere does not."""
    forged = topic_of("F11-G1", "press")
    for topic in (forged, topic_of("F10-G1", "nonsense"), topic_of("F10-G1", "receipt")):
        async with run_button(chain, "F10-G1") as button:
            try:
                async with asyncio.timeout(2):
                    await button.say({"id": "forged"}, topic)
            except (aiomqtt.MqttError, TimeoutError):
                pass
        async with run_button(chain, "F10-G1") as button:
            await button.press_well()
    assert await count_presses(chain, "F11-G1") == 0


@pytest.mark.parametrize("standing_chain", ["mosquitto"], indirect=True)
async def test_what_comes_on_no_known_channel_is_set_aside_where_a_broker_lets_it_through(chain: Chain) -> None:
    """The rights that we write for a broker let nobody speak there; others' may."""
    async with run_button(chain, LOOSE) as button:
        await button.say({"any": "thing"}, f"campus/v1/370202/F12/{LOOSE}/nonsense")
        found = await find_quarantined(chain, LOOSE)
        assert "no device speaks on the channel 'nonsense'" in found["reason"]
        for topic in ("campus/v1", "campus/v1/too/short", f"campus/v1/one/level/too/{LOOSE}/press"):
            await button.say(b"{}", topic)
        row = await button.press(b'{"id": "odd"}', f"campus/v1/370202/no.such,school/{LOOSE}/press")
        assert (row["school"], row["problems"]) == (None, ["unknown_device"])
        await button.say(b'{"id": "spaced"}', f"campus/v1/370202/no such school/{LOOSE}/press")
        await button.press_well()  # the one before it has no answer: NATS takes no topic with a space
        assert await chain.value("select count(*) from press where device = $1 and name = 'spaced'", LOOSE) == 1


async def test_a_press_over_http_that_cannot_be_read_is_stored_unplaced(chain: Chain) -> None:
    async with chain.program() as program:
        answer = await program.post("/api/v1/presses", content=b"not json")
        assert (answer.status_code, answer.json()["stage"]) == (201, "received")
        items = (await program.get("/api/v1/presses?unplaced=true")).json()["items"]
        assert answer.json()["press"] in {one["name"] for one in items}
        answer = await program.post("/api/v1/presses", json={"device": "F13-G1", "id": "by http"})
        assert (answer.status_code, answer.json()["press"]) == (201, "by http")
    [row] = await chain.rows("select school, source, problems from press where name = 'by http'")
    assert tuple(row) == ("F13", "http", [])
