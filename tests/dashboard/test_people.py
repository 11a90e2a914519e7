"""People, their contact methods and the proof of these, certificates, leave and deputies over HTTP."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from alerts.engine.delivery import Courier
from alerts.engine.rosters import turn_rosters
from alerts.storage.deliveries import switch_channel
from tests.alerts.story import RecordingChannel, Story
from tests.dashboard.board import OPERATOR_TOKEN, Dashboard
from tests.dashboard.test_registry import codes, read
from tests.dashboard.test_rights import slug_of

GUARD = "/api/v1/people/guard"


class Phone:
    """SMS that works, and whoever reads it."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.sms = RecordingChannel("sms", confirms=True)
        self.courier = Courier(story.database, self.sms, story.composer)

    async def switch_on(self) -> Phone:
        async with self.story.database.transaction() as connection:
            await switch_channel(connection, "sms", on=True, confirms=True)
        return self

    async def read_code(self) -> str:
        """The code in the newest message."""
        await self.courier.carry_once()
        await self.courier.finish()
        found = re.search(r"\b[0-9]{6}\b", self.sms.sent[-1].text)
        assert found
        return found[0]


def forward(dashboard: Dashboard, **time: float) -> None:
    dashboard.story.database.shift += timedelta(**time)
    dashboard.service.database.shift = dashboard.story.database.shift


async def add(desk: Any, channel: str, address: str) -> Any:
    return await desk.post(f"{GUARD}/methods", json={"channel": channel, "address": address})


async def test_a_method_counts_once_its_owner_typed_the_code_that_it_brought(dashboard: Dashboard) -> None:
    phone = await Phone(dashboard.story).switch_on()
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        method = (await add(desk, "sms", "+86 138-0000-0001")).json()
        assert (method["address"], method["verified_at"]) == ("13800000001", None)
        verification = f"/api/v1/methods/{method['id']}/verification"
        assert (await read(dashboard, "/people/guard"))["person"]["working_methods"] == 0
        sent = await desk.post(verification)
        assert sent.status_code == 202, sent.text
        code = await phone.read_code()
        assert phone.sms.sent[-1].address == "13800000001"
        wrong = await desk.put(verification, json={"code": f"{(int(code) + 1) % 1_000_000:06d}"})
        assert (wrong.status_code, slug_of(wrong)) == (409, "code-refused")
        right = await desk.put(verification, json={"code": code})
        assert right.status_code == 200, right.text
        person = await read(dashboard, "/people/guard")
        assert person["person"]["working_methods"] == 1
        assert person["methods"][0]["verified_by"] == "code"
        again = await desk.put(verification, json={"code": code})
        assert slug_of(again) == "code-refused", "a code is good once"
    assert await dashboard.story.value("select count(*) from notice where text like '%' || $1 || '%'", code) == 0
    assert await dashboard.story.value("select count(*) from contact_method where code_hash is not null") == 0
    log = await dashboard.story.rows("select kind, body::text as body from log where subject = 'person:guard'")
    assert [row["kind"] for row in log] == ["method.added", "method.code_sent", "method.verified"]
    assert not any("138" in row["body"] or code in row["body"] for row in log)


async def test_a_code_is_good_for_ten_minutes_and_five_attempts_and_one_is_sent_a_minute(dashboard: Dashboard) -> None:
    phone = await Phone(dashboard.story).switch_on()
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        method = (await add(desk, "sms", "13800000001")).json()
        verification = f"/api/v1/methods/{method['id']}/verification"
        await desk.post(verification)
        hasty = await desk.post(verification)
        assert (slug_of(hasty), "wait" in hasty.json()["detail"]) == ("code-refused", True)
        code = await phone.read_code()
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        for _ in range(5):
            await desk.put(verification, json={"code": wrong})
        exhausted = await desk.put(verification, json={"code": code})
        assert "five wrong codes" in exhausted.json()["detail"]
        forward(dashboard, minutes=2)
        await desk.post(verification)
        late = await phone.read_code()
        forward(dashboard, minutes=10)
        assert "ten minutes are over" in (await desk.put(verification, json={"code": late})).json()["detail"]
        await turn_rosters(dashboard.story.database)
        words = "select count(*) from notice where text like '%' || $1 || '%'"
        assert [await dashboard.story.value(words, one) for one in (code, late)] == [0, 0]
        assert await dashboard.story.value("select verified_at from contact_method") is None


async def test_a_code_is_not_sent_where_no_channel_is_on(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        method = (await add(desk, "mail", "zhao@example.cn")).json()
        refused = await desk.post(f"/api/v1/methods/{method['id']}/verification")
        assert (slug_of(refused), "mail is off" in refused.json()["detail"]) == ("code-refused", True)
        assert slug_of(await desk.post("/api/v1/methods/999/verification")) == "no-such-method"


async def test_methods_stand_in_their_owners_order(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        first = (await add(desk, "sms", "13800000001")).json()["id"]
        second = (await add(desk, "voice", "0532-8888 1234")).json()["id"]
        ordered = await desk.put(f"{GUARD}/methods", json={"methods": [second, first]})
        assert [one["channel"] for one in ordered.json()["items"]] == ["voice", "sms"]
        half = await desk.put(f"{GUARD}/methods", json={"methods": [second]})
        assert slug_of(half) == "invalid-request"
        assert (await desk.delete(f"{GUARD}/methods/{first}")).status_code == 204
        assert slug_of(await desk.delete(f"{GUARD}/methods/{first}")) == "no-such-method"
        person = await read(dashboard, "/people/guard")
        assert [one["address"] for one in person["methods"]] == ["053288881234"]


async def test_an_address_that_its_channel_cannot_reach_is_refused(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for channel, address in (
            ("sms", "8888 1234"),
            ("sms", "1380000000"),
            ("voice", "call me"),
            ("mail", "zhao at example"),
            ("apprise", "example.cn"),
            ("wecom", "赵保安"),
            ("log", "x"),
            ("pigeon", "x"),
        ):
            refused = await add(desk, channel, address)
            assert (refused.status_code, slug_of(refused)) == (422, "invalid-request"), (channel, address)
        await add(desk, "sms", "13800000001")
        twice = await add(desk, "sms", "+86 138 0000 0001")
        assert "already" in twice.json()["errors"][0]["message"]
        nobody = await desk.post("/api/v1/people/nemo/methods", json={"channel": "sms", "address": "13800000001"})
        assert slug_of(nobody) == "no-such-person"


async def test_certificates_that_end_within_thirty_days_are_listed_with_their_people(dashboard: Dashboard) -> None:
    today = dashboard.story.now.date()
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for number, days in (("A1", 10), ("A2", 300), ("A3", -5)):
            said = {"kind": "guard", "number": number, "valid_until": str(today + timedelta(days=days))}
            made = await desk.post(f"{GUARD}/certificates", json=said)
            assert made.status_code == 201, made.text
        listed = (await read(dashboard, "/certificates"))["items"]
        assert [(one["number"], one["person_name"]) for one in listed] == [("A3", "赵保安"), ("A1", "赵保安")]
        assert (await read(dashboard, "/certificates?school=S2"))["items"] == []
        renewed = {"kind": "guard", "number": "A3", "valid_until": str(today + timedelta(days=365))}
        await desk.post(f"{GUARD}/certificates", json=renewed)
        assert [one["number"] for one in (await read(dashboard, "/certificates"))["items"]] == ["A1"]
        assert (await desk.delete(f"{GUARD}/certificates/{listed[1]['id']}")).status_code == 204
        assert slug_of(await desk.delete(f"{GUARD}/certificates/{listed[1]['id']}")) == "no-such-certificate"
        assert len((await read(dashboard, "/people/guard"))["certificates"]) == 2


async def test_leave_and_deputies_are_kept_and_shown(dashboard: Dashboard) -> None:
    now = dashboard.story.now
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        said = {"starts_at": (now - timedelta(hours=1)).isoformat(), "ends_at": (now + timedelta(days=2)).isoformat()}
        leave = (await desk.post(f"{GUARD}/leave", json=said)).json()["leave"]
        deputies = await desk.put(f"{GUARD}/deputies", json={"deputies": ["head", "duty"]})
        assert [one["name"] for one in deputies.json()["deputies"]] == ["冯局长", "钱值班"]
        person = await read(dashboard, "/people/guard")
        assert (person["person"]["away"], len(person["leave"])) == (True, 1)
        assert [one["name"] for one in (await read(dashboard, "/people/head"))["deputised"]] == ["赵保安"]
        here = await read(dashboard, "/duty/now?school=S1")
        assert [(one["person_name"], one["source"]) for one in here["people"]] == [
            ("钱值班", "deputy"),
            ("冯局长", "deputy"),
            ("钱值班", "holding"),
        ]
        for wrong in (["guard"], ["head", "head"], ["nemo"]):
            refused = await desk.put(f"{GUARD}/deputies", json={"deputies": wrong})
            assert slug_of(refused) == "invalid-request", wrong
        assert [one["person_name"] for one in (await read(dashboard, "/leave?school=S1"))["items"]] == ["赵保安"]
        assert (await desk.delete(f"/api/v1/leave/{leave['id']}")).status_code == 200
        assert slug_of(await desk.delete(f"/api/v1/leave/{leave['id']}")) == "no-such-leave"
        assert (await read(dashboard, "/leave"))["items"] == []


async def test_people_are_found_by_words_place_post_and_whether_they_can_be_reached(dashboard: Dashboard) -> None:
    await dashboard.story.database_execute(
        "insert into contact_method (person, rank, channel, address, added_at, verified_at)"
        " values ('guard', 1, 'sms', '13800000001', now(), now())"
    )
    await Phone(dashboard.story).switch_on()
    assert codes(await read(dashboard, "/people?q=保安")) == ["guard"]
    assert codes(await read(dashboard, "/people?school=S1")) == ["duty", "guard"]
    assert codes(await read(dashboard, "/people?district=370202")) == ["desk", "duty", "guard", "supervisor"]
    assert codes(await read(dashboard, "/people?post=head_of_bureau")) == ["head"]
    assert codes(await read(dashboard, "/people?school=S1&unreachable=true")) == ["duty"]
    first = await read(dashboard, "/people?limit=4")
    rest = await read(dashboard, f"/people?limit=4&cursor={first['next']}")
    assert codes(first) + codes(rest) == ["city", "desk", "duty", "guard", "head", "police", "supervisor"]
    assert first["items"][3]["posts"][0]["name"] == "值班"
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        assert slug_of(await desk.get("/api/v1/people/nemo")) == "no-such-person"
