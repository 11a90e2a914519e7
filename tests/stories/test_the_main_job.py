"""One press, heard everywhere: from a button that we did not write, through real processes, and back to the button."""

from __future__ import annotations

from typing import Any, TypeVar

import httpx
import pytest

from tests.dashboard.board import Board
from tests.stories.chain import Chain, eventually
from tests.stories.foreign import run_foreign_button
from tests.stories.pager import Pager
from tests.stories.tap import run_tap

T = TypeVar("T")
RECEIPTS = """
select identity, extract(epoch from received_at - occurred_at)::float8 as seconds
from evidence where channel = 'receipt' and device = $1 order by occurred_at
"""


async def read_incident(board: Board, incident: int, state: str) -> dict[str, Any]:
    """What a board shows of an incident as soon as it is in a state."""
    while True:
        message = await board.hear()
        item = message.get("item", {}) if message.get("kind") == "incident" else {}
        if item.get("id") == incident and item["state"] == state:
            return item


async def test_a_press_rings_on_the_board_is_told_is_answered_at_the_button_and_closed(chain: Chain) -> None:
    async with run_foreign_button(chain.broker, "S1-G1") as button, chain.board() as board, chain.person() as person:
        await button.press('{"id": "first"}')

        received = await button.read_receipt()
        incident = received["incident"]
        assert (received["press"], received["stage"]) == ("first", "received")
        stored = await chain.rows("select name, school, point, incident from press where incident = $1", incident)
        assert [tuple(row) for row in stored] == [("first", "S1", "门卫室", incident)]

        shown = await read_incident(board, incident, "open")
        assert (shown["school_name"], shown["mode"], shown["category"]) == ("第一小学", "live", "security")
        await eventually(lambda: _told(chain.pager, incident), "the duty people's pagers went off")
        assert {message["person"] for message in chain.pager.of_incident(incident)} == {"guard", "duty"}

        path = f"/api/v1/incidents/{incident}"
        assert (await person.post(f"{path}/close", json={"cause": "real"})).json()["type"].endswith("/not-taken")
        for action, body, state, stage in (
            ("acknowledge", {}, "acknowledged", "seen"),
            ("respond", {"text": "保安到场"}, "responding", "coming"),
            ("close", {"cause": "accidental", "text": "误按"}, "closed", "closed"),
        ):
            answer = await person.post(f"{path}/{action}", json=body)
            assert answer.status_code == 200, answer.text
            receipt = await button.read_receipt()
            assert (receipt["press"], receipt["incident"], receipt["stage"]) == ("first", incident, stage)
            assert (await read_incident(board, incident, state))["acknowledged_by"] == "王值班"

        detail = (await person.get(path)).json()
        kinds = [entry["kind"] for entry in detail["timeline"]]
        expected = ["acknowledged", "responding", "closed"]
        assert [kind for kind in kinds if kind in {f"incident.{one}" for one in expected}] == [
            f"incident.{one}" for one in expected
        ]
        assert {"press.received", "incident.opened", "incident.escalated", "delivery.delivered"} <= set(kinds)
        assert {one["state"] for one in detail["deliveries"] if one["reason"] == "step"} == {"delivered"}

        await button.press('{"id": "second"}')
        again = await button.read_receipt()
        assert (again["press"], again["stage"]) == ("second", "received")
        assert again["incident"] != incident
        await person.post(f"/api/v1/incidents/{again['incident']}/acknowledge", json={})
        await person.post(f"/api/v1/incidents/{again['incident']}/close", json={"cause": "test"})

        judged = await eventually(lambda: _judge_receipts(person), "R1 knows when both receipts had left")
        took = await chain.rows(RECEIPTS, "S1-G1")
        assert [row["identity"] for row in took] == ["id:first", "id:second"]
        assert all(row["seconds"] > 0 for row in took)
        assert judged["verdict"] == ("met" if all(row["seconds"] <= 1 for row in took) else "not_met")
        (key, *_) = [one["key"] for one in judged["references"] if one["kind"] == "evidence"]
        evidence = (await person.get(f"/api/v1/compliance/evidence/{key}")).json()
        assert '"stage":"received"' in evidence["payload"], "the receipt as it was sent"


async def _judge_receipts(person: httpx.AsyncClient) -> dict[str, Any] | None:
    """How the school stands by R1, once that is known."""
    rules = (await person.get("/api/v1/compliance/schools/S1")).json()["rules"]
    found: dict[str, Any] = next(one for one in rules if one["rule"] == "R1")
    return None if found["verdict"] in ("unknown", "not_applicable") else found


async def _told(pager: Pager, incident: int) -> bool:
    return len(pager.of_incident(incident)) >= 2


async def test_a_message_that_the_webhook_refuses_is_sent_again_with_the_same_key(chain: Chain) -> None:
    chain.pager.refuses_at = "S2"
    async with chain.device("S2-G1") as device:
        receipt = await (await device.press()).receipt("received")
        await eventually(lambda: _reached(chain.pager, receipt.incident), "the pager went off after a refusal")
    rows = await chain.rows(
        "select idempotency_key::text as key, attempts from delivery"
        " where incident = $1 and channel = 'webhook' and reason = 'step'",
        receipt.incident,
    )
    assert [(row["attempts"]) for row in rows] == [2]
    assert rows[0]["key"] in {key for key, _ in chain.pager.messages}


async def _reached(pager: Pager, incident: int) -> bool:
    return bool(pager.of_incident(incident))


async def test_the_gateway_acknowledges_a_press_to_the_broker_only_after_the_commit(chain: Chain) -> None:
    """The log's one lock is held here, so no press can commit; a tap on the gateway's line counts its PUBACKs."""
    async with run_tap(chain.broker) as tap, chain.device("F01-G1") as device:
        with chain.another_gateway("tapped", tap.url, "presses"):
            await eventually(lambda: _listens(chain, "tapped"), "the tapped gateway listens")
            async with chain.holding_the_log():
                press = await device.press()
                await eventually(lambda: _waits_for_its_commit(chain, "tapped"), "the tapped gateway is to commit")
                assert press.receipts == []
                assert tap.acknowledged == 0
            await press.receipt("received")
            await eventually(lambda: _says(tap.acknowledged), "the press is acknowledged")


async def _listens(chain: Chain, gateway: str) -> bool:
    return bool(await chain.rows("select from service_pulse where name = $1 and lane = 'presses'", gateway))


async def _waits_for_its_commit(chain: Chain, gateway: str) -> bool:
    return bool(
        await chain.rows(
            "select from pg_stat_activity where application_name = $1 and wait_event_type = 'Lock'",
            f"campus-gateway {gateway} presses",
        )
    )


async def _says(answer: T) -> T:
    return answer


@pytest.mark.parametrize("standing_chain", ["nats"], indirect=True)
async def test_the_service_is_not_ready_while_a_part_is_away_and_says_which(chain: Chain) -> None:
    """The broker and the database go away in the stories of outages."""
    gateway, engine, dashboard = chain.parts["gateway"], chain.parts["engine"], chain.parts["dashboard"]
    for part in (gateway, engine):
        part.kill()
    await chain.reach_readiness(503, "press_lane", "engine")
    gateway.start()
    await chain.reach_readiness(503, "engine")
    dashboard.kill()
    await chain.reach_readiness(0)
    for part in (engine, dashboard):
        part.start()
    await chain.reach_readiness(200)
