"""What reaches the whole city takes two people, and what one did alone is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from alerts.domain.orders import tells_city
from tests.alerts.reachable import Reachable
from tests.dashboard.board import Dashboard
from tests.dashboard.test_rights import CITY_WIDE, slug_of

NOTICE = CITY_WIDE["POST", "/api/v1/notices"]
LOOP = CITY_WIDE["POST", "/api/v1/day-exceptions"]


@pytest.fixture(autouse=True)
async def second(dashboard: Dashboard) -> None:
    """People can be reached; Li sits at the city's desk beside Wang."""
    await Reachable(dashboard.story).open()
    await dashboard.story.database_execute("update account set role = 'city_desk' where name = 'li'")


async def propose(browser: Any, body: dict[str, Any] = NOTICE, path: str = "notices") -> int:
    answer = await browser.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 202, answer.text
    return int(answer.json()["id"])


async def test_another_desk_sees_what_was_proposed_and_it_is_sent_in_the_name_of_who_proposed_it(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("wang") as wang, dashboard.browser("li") as li, dashboard.browser("chen") as chen:
        order = await propose(wang)
        shown = (await li.get("/api/v1/orders")).json()
        assert [(one["id"], one["proposed_by_name"], one["body"]["title"]) for one in shown["pending"]] == [
            (order, "王值班", "停课")
        ]
        assert (await chen.get("/api/v1/orders")).json()["pending"] == [], "who may not send may not confirm"
        confirm = f"/api/v1/orders/notice/{order}/confirmation"
        assert slug_of(await chen.post(confirm)) == "not-allowed"
        assert slug_of(await li.post(confirm.replace("notice", "day-exception"))) == "no-such-order"
        assert (await li.post(confirm)).status_code == 200
        assert (await li.get("/api/v1/orders")).json() == {"pending": [], "alone": []}
        assert (await wang.get("/api/v1/notices")).json()["items"][0]["sent_by"] == "wang"
        rows = (await chen.get(f"/api/v1/audit?subject=order:{order}")).json()["items"]
        assert [(row["actor"], row["kind"]) for row in rows] == [
            ("person:wang", "order.proposed"),
            ("person:li", "order.confirmed"),
        ]


async def test_who_proposed_takes_it_back_and_after_half_an_hour_it_is_over(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as wang, dashboard.browser("li") as li:
        order = await propose(wang)
        assert slug_of(await li.delete(f"/api/v1/orders/notice/{order}")) == "not-your-order"
        assert (await wang.delete(f"/api/v1/orders/notice/{order}")).json()["state"] == "withdrawn"
        assert slug_of(await li.post(f"/api/v1/orders/notice/{order}/confirmation")) == "order-over"
        order = await propose(wang)
        dashboard.service.database.shift += timedelta(minutes=30)
        assert (await li.get("/api/v1/orders")).json()["pending"] == []
        assert slug_of(await li.post(f"/api/v1/orders/notice/{order}/confirmation")) == "order-over"
        assert slug_of(await wang.delete(f"/api/v1/orders/notice/{order}")) == "order-over"
        order = await propose(wang)
        await dashboard.story.database_execute("update account set role = 'auditor' where name = 'wang'")
        assert slug_of(await li.post(f"/api/v1/orders/notice/{order}/confirmation")) == "order-over", "shut out since"
    assert await dashboard.story.value("select count(*) from notice") == 0


async def test_where_nobody_else_is_there_a_notice_goes_out_at_once_and_every_administrator_is_told_why(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("wang") as wang, dashboard.browser("chen") as chen:
        short = await wang.post("/api/v1/notices", json=NOTICE | {"alone": "急"})
        assert [one["field"] for one in short.json()["errors"]] == ["body.alone"]
        sent = await wang.post("/api/v1/notices", json=NOTICE | {"alone": "夜里只有我一人，台风提前登陆"})
        assert sent.status_code == 201, sent.text
        assert sent.json()["notice"]["sent_by"] == "wang"
        told = (await chen.get("/api/v1/orders")).json()["alone"]
        assert [(one["proposed_by"], one["reason"]) for one in told] == [("wang", "夜里只有我一人，台风提前登陆")]
        assert (await wang.get("/api/v1/orders")).json()["alone"] == []
        seen = f"/api/v1/orders/{told[0]['id']}/seen"
        assert slug_of(await wang.post(seen)) == "not-allowed"
        assert (await chen.post(seen)).status_code == 204
        assert slug_of(await chen.post(seen)) == "no-such-order"
        assert (await chen.get("/api/v1/orders")).json()["alone"] == []
        rows = (await chen.get(f"/api/v1/audit?subject=order:{told[0]['id']}")).json()["items"]
        assert [row["kind"] for row in rows] == ["order.done_alone", "order.seen"]


async def test_a_districts_days_take_one_person_and_what_cannot_be_is_not_proposed(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as wang:
        own = await wang.post("/api/v1/day-exceptions", json=LOOP | {"district": "370202"})
        assert own.status_code == 201, own.text
        wrong = await wang.post("/api/v1/day-exceptions", json=LOOP | {"last_on": "2026-11-01"})
        assert wrong.json()["errors"][0]["field"].startswith("body")
        nobody = await wang.post("/api/v1/notices", json=NOTICE | {"audience": {"city": True, "posts": ["city_lead"]}})
        assert nobody.status_code == 422
    assert await dashboard.story.value("select count(*) from city_order") == 0


async def test_naming_nearly_everybody_one_by_one_is_no_way_around_a_second_person(dashboard: Dashboard) -> None:
    districts = await dashboard.story.value("select array_agg(code) from district")
    async with dashboard.browser("wang") as wang:
        everyone = await dashboard.story.value("select array_agg(distinct person) from holding")
        await propose(wang, NOTICE | {"audience": {"people": everyone}})
        one = await wang.post("/api/v1/notices", json=NOTICE | {"audience": {"districts": districts[:1]}})
        assert one.status_code == 201, one.text
    assert [tells_city(told, 10) for told in (7, 8, 10)] == [False, True, True]


async def test_one_place_after_the_other_within_an_hour_takes_a_second_person_as_soon_as_it_is_nearly_the_city(
    dashboard: Dashboard,
) -> None:
    parts = [["city", "head", "police"], ["desk", "supervisor"], ["duty", "guard"]]  # of seven: six are nearly all
    async with dashboard.browser("wang") as wang, dashboard.browser("li") as li:

        async def send(part: list[str]) -> int:
            said = NOTICE | {"audience": {"people": part}}
            return int((await wang.post("/api/v1/notices", json=said)).status_code)

        assert [await send(part) for part in parts] == [201, 201, 202]
        assert await send(parts[0]) == 201, "told twice is told once"
        dashboard.service.database.shift += timedelta(minutes=61)
        at_once = await asyncio.gather(*(send(part) for part in parts))
        assert sorted(at_once) == [201, 201, 202], "nor all at the same moment"
        pending = (await li.get("/api/v1/orders")).json()["pending"]
        assert (await li.post(f"/api/v1/orders/notice/{pending[-1]['id']}/confirmation")).status_code == 200
        dashboard.service.database.shift += timedelta(minutes=61)

        async def close(place: dict[str, str], kind: dict[str, Any] = LOOP) -> int:
            return int((await wang.post("/api/v1/day-exceptions", json=kind | place)).status_code)

        assert await close({"district": "370202"}) == 201
        assert await close({"school": "S3"}, LOOP | {"kind": "exam", "level": None}) == 201, "another matter"
        later = {"first_on": "2099-01-01", "last_on": "2099-01-02"}
        assert await close({"school": "S3"}, LOOP | later) == 201, "other days"
        assert await close({"school": "S3"}) == 202
        (order,) = (await li.get("/api/v1/orders")).json()["pending"]
        assert (await li.post(f"/api/v1/orders/day-exception/{order['id']}/confirmation")).status_code == 200
        made = await dashboard.story.value("select school from day_exception order by id desc limit 1")
        assert made == "S3", "and it is done as it was asked for"
