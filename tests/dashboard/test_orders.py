"""What reaches the whole city takes two people, and what one did alone is told."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from alerts.accounts import save_token
from alerts.domain.escalation import Policy, Step
from alerts.domain.orders import tells_city
from alerts.domain.presses import Mode
from alerts.domain.rights import Right
from alerts.messages.conduct import put_city_quiet_hours
from alerts.readiness.policies import save_policy
from alerts.storage.accounts import Account
from tests.alerts.reachable import Reachable
from tests.alerts.story import commit
from tests.dashboard.board import OPERATOR_TOKEN, PASSWORD, Dashboard, address_of
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import CITY_WIDE, NUMBER, POLICY, slug_of

NOTICE = CITY_WIDE["POST", "/api/v1/notices"]
LOOP = CITY_WIDE["POST", "/api/v1/day-exceptions"]
SECONDS = """
update account set role = 'city_desk' where name = 'li';
insert into account select 'sun', '孙管理', role, password_hash, created_at from account where name = 'chen';
"""
QUIET = {"from": "22:00:00", "to": "06:00:00", "zone": "Asia/Shanghai"}


@pytest.fixture(autouse=True)
async def second(dashboard: Dashboard) -> None:
    """People can be reached; Li sits at the city's desk beside Wang, and Sun administers beside Chen."""
    await Reachable(dashboard.story).open()
    await dashboard.story.database_execute(SECONDS)


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


async def test_a_policy_of_the_city_waits_for_another_administrator_who_sees_what_it_would_take_the_place_of(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("chen") as chen, dashboard.browser("sun") as sun, dashboard.browser("li") as li:
        proposed = await chen.put("/api/v1/policies/live", json=POLICY)
        assert (await read(dashboard, "/policies"))["items"][0]["version"] == 0, "the old one is in force"
        (shown,) = (await sun.get("/api/v1/orders")).json()["pending"]
        body = shown["body"]
        assert body["instead_of"]["definition"]["steps"][0]["targets"][0] == "police", "the built-in one"
        assert body["rule"]["definition"]["steps"][0]["targets"] == ["police", "district"]
        assert shown["confirmers"] == [{"name": "sun", "display_name": "孙管理"}]
        assert (await li.get("/api/v1/orders")).json()["pending"] == [], "a desk governs nothing"
        assert (await sun.post(f"{address_of(proposed.json())}/confirmation")).json()["state"] == "confirmed"
        in_force = (await read(dashboard, "/policies"))["items"][0]
        assert (in_force["version"], in_force["saved_by"]) == (1, "chen")
        rows = (await chen.get("/api/v1/audit")).json()["items"]
        told = [(row["actor"], row["kind"]) for row in rows if row["kind"].startswith(("order.", "policy."))]
        assert sorted(told) == [
            ("person:chen", "order.proposed"),
            ("person:chen", "policy.saved"),
            ("person:sun", "order.confirmed"),
        ]


async def test_neither_another_account_of_the_same_person_nor_whoever_made_the_program_is_a_second_person(
    dashboard: Dashboard,
) -> None:
    story = dashboard.story
    await story.database_execute("update account set person = 'duty' where name in ('chen', 'sun')")
    await save_token(story.database, Account.of_program("sheet", Right), "sheet", "chen")
    async with (
        dashboard.browser("chen") as chen,
        dashboard.browser("sun") as sun,
        dashboard.client("sheet") as program,
    ):
        for proposer in (chen, program):
            order = (await proposer.put("/api/v1/quiet-hours", json={"quiet": QUIET})).json()
            for other in (chen, sun):
                assert slug_of(await other.post(f"{address_of(order)}/confirmation")) == "second-person-needed"
        assert [one["confirmers"] for one in (await sun.get("/api/v1/orders")).json()["pending"]] == [[], []]
        await story.database_execute("update account set person = null where name = 'sun'")
        shown = (await sun.get("/api/v1/orders")).json()["pending"]
        assert [[who["name"] for who in one["confirmers"]] for one in shown] == [["sun"], ["sun"]]
        assert (await sun.post(f"{address_of(order)}/confirmation")).status_code == 200


async def test_what_was_changed_since_it_was_proposed_is_not_changed_again_unseen(dashboard: Dashboard) -> None:
    story = dashboard.story
    await save_policy(story.database, Mode.LIVE, Policy((Step(0, ("police",)),), 60), "operator")
    async with dashboard.browser("chen") as chen, dashboard.browser("sun") as sun:
        number = await story.value("select id from policy_rule")
        proposed = [
            await chen.put("/api/v1/policies/live", json=POLICY),
            await chen.delete(f"/api/v1/policies/rules/{number}"),
            await chen.put("/api/v1/quiet-hours", json={"quiet": QUIET}),
        ]
        await save_policy(story.database, Mode.LIVE, Policy((Step(0, ("police", "city")),), 60), "operator")
        await commit(story.database, put_city_quiet_hours, None, "operator")
        both = [await chen.put("/api/v1/quiet-hours", json={"quiet": QUIET | {"to": to}}) for to in ("06:30", "07:30")]
        answers = await asyncio.gather(*(sun.post(f"{address_of(one.json())}/confirmation") for one in both))
        assert sorted(one.status_code for one in answers) == [200, 409], "nor by two at the same moment"
        for one in proposed:
            assert slug_of(await sun.post(f"{address_of(one.json())}/confirmation")) == "changed-meanwhile"
        wrong = await chen.put(f"/api/v1/policies/rules/{number}", json={"definition": POLICY, "version": 1})
        assert slug_of(wrong) == "changed-meanwhile", "nor is it proposed"
    assert await story.value("select version from policy_rule where retired_at is null") == 2


async def test_a_policy_or_quiet_hours_that_cannot_wait_are_changed_alone_and_every_other_administrator_is_told(
    dashboard: Dashboard,
) -> None:
    why = {"alone": "夜班联系人全部失联，等不到第二个人"}
    async with (
        dashboard.browser("chen") as chen,
        dashboard.browser("sun") as sun,
        dashboard.client(OPERATOR_TOKEN) as program,
    ):
        assert (await chen.put("/api/v1/policies/live", json=POLICY | why)).json()["version"] == 1
        fires = {"mode": "live", "kind": "fire", "definition": POLICY}
        made = await chen.post("/api/v1/policies/rules", json=fires | why)
        assert made.status_code == 201, made.text
        address = f"/api/v1/policies/rules/{made.json()['rule']['id']}"
        changed = await chen.put(address, json={"kind": "fire", "definition": POLICY, "version": 1} | why)
        assert (changed.status_code, changed.json()["rule"]["version"]) == (200, 2)
        quiet = (await chen.put("/api/v1/quiet-hours", json={"quiet": QUIET} | why)).json()
        assert quiet["city_quiet_hours"]["quiet_from"] == "22:00:00"
        slow = await chen.put("/api/v1/channels/sms", json={"rate_per_second": 5, "quiet": None} | why)
        assert slow.json()["rate_per_second"] == 5
        assert slug_of(await program.put("/api/v1/policies/live", json=POLICY | why)) == "only-people"
        number = await chen.post("/api/v1/rule-parameters", json=NUMBER | why)
        assert number.status_code == 202, "a number has no such way"
        told = (await sun.get("/api/v1/orders")).json()["alone"]
        assert [one["kind"] for one in told] == ["policy"] * 3 + ["quiet_hours", "channel"]
        assert {one["reason"] for one in told} == {why["alone"]}


async def test_policies_and_numbers_of_a_part_take_one_person_until_they_are_nearly_the_citys(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("chen") as chen:

        async def save(path: str, body: dict[str, Any]) -> int:
            return int((await chen.post(f"/api/v1/{path}", json=body)).status_code)

        rule = {"mode": "live", "definition": POLICY}
        assert await save("policies/rules", rule | {"district": "370202"}) == 201
        assert await save("policies/rules", rule | {"school": "S3", "mode": "drill"}) == 201, "another matter"
        assert await save("policies/rules", rule | {"school": "S3"}) == 202
        at_school = NUMBER | {"level": "school"}
        for school, done in (("S1", 201), ("S2", 201), ("S3", 202)):
            assert await save("rule-parameters", at_school | {"school": school}) == done
        dashboard.service.database.shift += timedelta(minutes=61)
        assert (await chen.post("/api/v1/session/proof", json={"password": PASSWORD})).status_code == 204
        assert await save("policies/rules", rule | {"school": "S3"}) == 201
        own = await dashboard.story.value("select id from rule_parameter where school = 'S1'")
        assert (await chen.delete(f"/api/v1/rule-parameters/{own}")).status_code == 204, "and is ended by one"
