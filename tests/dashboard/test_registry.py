"""The registry as boards and programs read it."""

from __future__ import annotations

from typing import Any

from tests.dashboard.board import READER_TOKEN, Dashboard

GATES = """
insert into device (code, school, point, role)
    select 'S1-' || gate.name, 'S1', point.id, 'gate' from point, (values ('FRONT'), ('BACK')) as gate (name)
    where school = 'S1' and point.kind = 'gatehouse';
"""


async def read(dashboard: Dashboard, path: str) -> Any:
    async with dashboard.client(READER_TOKEN) as client:
        answer = await client.get(f"/api/v1{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()


def codes(page: dict[str, Any]) -> list[str]:
    return [item["code"] for item in page["items"]]


async def test_districts_come_in_the_citys_order(dashboard: Dashboard) -> None:
    page = await read(dashboard, "/districts")
    assert codes(page) == ["370202", "370203"]
    assert page["items"][0] == {"code": "370202", "name": "市南区", "name_en": "Shinan", "position": 1}
    assert page["next"] is None


async def test_schools_are_found_by_district_kind_and_words(dashboard: Dashboard) -> None:
    assert codes(await read(dashboard, "/schools")) == ["S1", "S2", "S3"]
    assert codes(await read(dashboard, "/schools?district=370202")) == ["S1", "S2"]
    assert codes(await read(dashboard, "/schools?kind=kindergarten")) == ["S3"]
    assert codes(await read(dashboard, "/schools?q=小学")) == ["S1"]
    assert codes(await read(dashboard, "/schools?q=s2")) == ["S2"]
    assert codes(await read(dashboard, "/schools?q=%25")) == []
    assert codes(await read(dashboard, "/schools?q=")) == ["S1", "S2", "S3"]


async def test_pages_follow_each_other_without_gap_or_overlap(dashboard: Dashboard) -> None:
    seen, cursor = [], ""
    while True:
        page = await read(dashboard, f"/devices?limit=3{cursor}")
        seen += codes(page)
        if page["next"] is None:
            break
        assert len(page["items"]) == 3
        cursor = f"&cursor={page['next']}"
    assert seen == ["S1-C1", "S1-G1", "S2-G1", "S3-G1"]


async def test_a_school_carries_its_points_devices_people_and_open_incidents(dashboard: Dashboard) -> None:
    story = dashboard.story
    await story.press("S1-G1", id="p1")
    await story.state("S1-G1", online=True, battery=7, mains=False, firmware="2.1", rssi=-70, tamper=False)
    await story.supervise()
    school = await read(dashboard, "/schools/S1")
    assert school["school"]["name"] == "第一小学"
    assert school["district_name"] == "市南区"
    assert (school["school"]["online"], school["school"]["never"], school["school"]["troubled"]) == (1, 1, 1)
    assert [(point["name"], [one["code"] for one in point["devices"]]) for point in school["points"]] == [
        ("门卫室", ["S1-G1"]),
        ("监控室", ["S1-C1"]),
    ]
    assert [(one["post_kind"], one["name"]) for one in school["duty"]] == [
        ("school_duty", "赵保安"),
        ("school_duty", "钱值班"),
    ]
    assert [one["state"] for one in school["incidents"]] == ["open"]


async def test_a_school_tells_how_its_gates_stand_and_where_nobody_knows(dashboard: Dashboard) -> None:
    story = dashboard.story
    await story.database_execute(GATES)
    for gate in ("S1-FRONT", "S1-BACK"):
        await story.state(gate, online=True)
    for name, opened in (("1", True), ("2", False), ("3", True)):
        await story.intake.take_reports([story.arrival({"id": name, "open": opened}, "S1-FRONT", "gate")])
    await story.supervise()
    back, front = (await read(dashboard, "/schools/S1"))["gates"]
    assert (front["device"], front["point"], front["open"]) == ("S1-FRONT", "门卫室", True)
    assert front["since"].endswith("Z")
    assert (back["device"], back["open"], back["since"]) == ("S1-BACK", None, None)

    await story.state("S1-FRONT", online=False)
    await story.supervise()
    assert [one["open"] for one in (await read(dashboard, "/schools/S1"))["gates"]] == [None, None]


async def test_a_device_tells_what_was_last_heard_of_it(dashboard: Dashboard) -> None:
    story = dashboard.story
    await story.state("S1-G1", online=True, battery=7, mains=False, firmware="2.1", rssi=-70, tamper=False)
    await story.supervise()
    device = await read(dashboard, "/devices/S1-G1")
    assert device["last_seen_at"].endswith("Z")
    expected = {"link": "online", "battery": 7, "mains": False, "firmware": "2.1", "rssi": -70, "interval_seconds": 60}
    assert expected.items() <= device.items()
    assert set(device["troubles"]) == {"low_battery", "mains_lost"}
    never = await read(dashboard, "/devices/S1-C1")
    assert {"link": "never", "last_seen_at": None, "troubles": []}.items() <= never.items()


async def test_devices_are_found_by_school_district_link_and_trouble(dashboard: Dashboard) -> None:
    await dashboard.story.state("S1-G1", online=True, battery=7)
    await dashboard.story.supervise()
    assert codes(await read(dashboard, "/devices?school=S2")) == ["S2-G1"]
    assert codes(await read(dashboard, "/devices?district=370203")) == ["S3-G1"]
    assert codes(await read(dashboard, "/devices?link=online")) == ["S1-G1"]
    assert codes(await read(dashboard, "/devices?link=never&school=S1")) == ["S1-C1"]
    assert codes(await read(dashboard, "/devices?trouble=low_battery")) == ["S1-G1"]
    assert codes(await read(dashboard, "/devices?begins=s1-")) == ["S1-C1", "S1-G1"]
    assert codes(await read(dashboard, "/devices?begins=1-G")) == []
