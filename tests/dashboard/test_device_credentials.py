"""Devices' credentials over HTTP: issued and told once, changed, ended; and brokers that ask."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from tests.dashboard.board import Dashboard
from tests.dashboard.test_rights import slug_of

LIST = "/api/v1/device-credentials"
BROKER_TOKEN = "a token of the broker"


async def list_by(admin: httpx.AsyncClient, show: str) -> list[dict[str, Any]]:
    answer = await admin.get(f"{LIST}?show={show}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_an_administrator_issues_changes_and_revokes_what_devices_come_in_with(dashboard: Dashboard) -> None:
    async with dashboard.browser("chen") as admin:
        assert [one["device"] for one in await list_by(admin, "none")] == ["S1-C1", "S1-G1", "S2-G1", "S3-G1"]
        answer = await admin.post(LIST, json={"devices": ["S1-G1", "S2-G1", "S1-G1"]})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
        first, second = answer.json()["items"]
        assert (first["user_name"], first["topic"]) == ("S1-G1", "campus/v1/370202/S1/S1-G1/")
        assert len(first["password"]) == 24
        assert first["password"] != second["password"]
        assert [one["device"] for one in await list_by(admin, "unused")] == ["S1-G1", "S2-G1"]
        await dashboard.story.press("S2-G1")
        assert slug_of(await admin.post(LIST, json={"devices": ["S1-G1", "S9-G9"]})) == "no-such-device"

        (new,) = (await admin.post(LIST, json={"devices": ["S1-G1"], "grace_hours": 48})).json()["items"]
        assert new["user_name"] == "S1-G1.2"
        (changing,) = await list_by(admin, "changing")
        assert (changing["state"], changing["issued_by"]) == ("changing", "chen")
        assert (changing["user_name"], changing["old_user_name"]) == ("S1-G1.2", "S1-G1")
        assert slug_of(await admin.post(LIST, json={"devices": ["S1-C1", "S1-G1"]})) == "credential-changing"
        lost = {"devices": ["S1-G1"], "keep_former": True, "grace_hours": 1}
        (new,) = (await admin.post(LIST, json=lost)).json()["items"]
        assert new["user_name"] == "S1-G1.2"
        (again,) = await list_by(admin, "changing")
        assert again["old_ends_at"] == changing["old_ends_at"], "what the device has stays as it was promised"
        assert (await admin.delete(f"{LIST}/S1-G1/previous")).status_code == 204
        assert slug_of(await admin.delete(f"{LIST}/S1-G1/previous")) == "no-such-credential"
        assert [one["device"] for one in await list_by(admin, "current")] == ["S1-G1", "S2-G1"]

        assert (await admin.delete(f"{LIST}/S1-G1")).status_code == 204
        assert slug_of(await admin.delete(f"{LIST}/S1-G1")) == "no-such-credential"
        assert slug_of(await admin.delete(f"{LIST}/S9-G9")) == "no-such-device"
        (ended,) = await list_by(admin, "ended")
        assert (ended["device"], ended["state"], ended["revoked"]) == ("S1-G1", "ended", True)
        now = (await admin.get(f"{LIST}/state")).json()
        assert now["counts"] == {"devices": 4, "good": 1, "changing": 0, "ended": 1, "trying": 0}
        assert now["brokers"] == [], "nobody keeps a broker's files here"

        rows = (await admin.get("/api/v1/audit?subject=device:S1-G1")).json()["items"]
        assert {row["kind"] for row in rows} >= {
            "credential.issued",
            "credential.previous_ended",
            "credential.revoked",
        }
        told = (await admin.get("/api/v1/audit?limit=500")).text + (await admin.get(LIST)).text
        for secret in (first["password"], new["password"], "$2a$", "$7$"):
            assert secret not in told


async def test_a_broker_that_asks_is_told_who_may_come_in_and_say_what(dashboard: Dashboard) -> None:
    dashboard.service.settings.broker_token = SecretStr(BROKER_TOKEN)
    dashboard.service.settings.mqtt_url = "mqtts://gateway:a%20secret@broker:8883"
    async with dashboard.browser("chen") as admin, dashboard.client(BROKER_TOKEN) as broker:
        (old,) = (await admin.post(LIST, json={"devices": ["S1-G1"]})).json()["items"]
        (new,) = (await admin.post(LIST, json={"devices": ["S1-G1"], "grace_hours": 1})).json()["items"]

        async def comes_in(name: str, password: str) -> bool:
            said = {"username": name, "password": password, "clientid": "any", "address": "10.0.0.7"}
            answer = (await broker.post("/api/v1/broker/sign-in", json=said)).json()
            assert answer["ok"] == (answer["result"] == "allow")
            assert answer["is_superuser"] is False
            return bool(answer["ok"])

        async def may(name: str, topic: str, **wish: Any) -> bool:
            said = {"username": name, "topic": topic, **wish}
            return bool((await broker.post("/api/v1/broker/rights", json=said)).json()["ok"])

        assert [await comes_in(one["user_name"], one["password"]) for one in (old, new)] == [True, True]
        assert await comes_in("gateway", "a secret")
        for name, password in (("S1-G1", new["password"]), ("gateway", ""), ("", ""), ("S9\0-\u00e9", "x" * 1000)):
            assert not await comes_in(name, password)
        (changing,) = await list_by(admin, "trying")
        assert (changing["refused"], changing["refused_address"]) == (1, "10.0.0.7")
        assert changing["used_at"] is not None
        assert (await admin.get(f"{LIST}/state")).json()["nameless"]["attempts"] == 2

        own = "campus/v1/370202/S1/S1-G1"
        assert await may(new["user_name"], f"{own}/press", action="publish")
        assert await may(new["user_name"], f"{own}/receipt", action="subscribe")
        assert await may(new["user_name"], f"{own}/press", acc=2)
        assert await may(new["user_name"], f"{own}/receipt", acc=1)
        for topic, wish in (
            (f"{own}/receipt", {"action": "publish"}),
            (f"{own}/press", {"acc": 4}),
            (f"{own}/press", {"acc": 3}),
            (f"{own}/press", {}),
            ("campus/v1/370202/S2/S1-G1/press", {"action": "publish"}),
            ("campus/v1/370202/S1/S1-C1/press", {"action": "publish"}),
            ("campus/v1/#", {"action": "subscribe"}),
            ("campus/v1/+/+/+/receipt", {"acc": 4}),
        ):
            assert not await may(new["user_name"], topic, **wish), (topic, wish)
        assert await may("gateway", "campus/v1/#", action="subscribe")
        assert await may("gateway", f"{own}/receipt", action="publish")
        assert not await may("gateway", f"{own}/press", action="publish")

        dashboard.service.database.shift += timedelta(hours=2)
        assert not await comes_in(old["user_name"], old["password"]), "the grace is over"
        assert not await may(old["user_name"], f"{own}/press", action="publish")
        broker.headers["Authorization"] = "Bearer another token"
        assert slug_of(await broker.post("/api/v1/broker/sign-in", json={})) == "not-signed-in"
        broker.headers.pop("Authorization")
        by_address = await broker.post(f"/api/v1/broker/sign-in?token={BROKER_TOKEN}", json={"username": "nobody"})
        assert by_address.json()["result"] == "deny"
        dashboard.service.settings.broker_token = None
        broker.headers["Authorization"] = f"Bearer {BROKER_TOKEN}"
        assert slug_of(await broker.post("/api/v1/broker/rights", json={"topic": "t"})) == "not-signed-in"
