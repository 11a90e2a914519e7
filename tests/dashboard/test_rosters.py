"""Posts, rosters, duty and calendars over HTTP, as a page uses them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import icalendar

from tests.alerts.staff.rota import stand_at
from tests.dashboard.board import OPERATOR_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of

POST = "/api/v1/posts/S1:duty"
SHIFTS = [
    {"name": "白班", "starts": "08:00", "ends": "20:00", "turns": [["guard"]], "since": "2026-11-01"},
    {"name": "夜班", "starts": "20:00", "ends": "08:00", "turns": [["duty"]], "since": "2026-11-01"},
]
CALENDAR = "\r\n".join(
    [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//school//ZH",
        "BEGIN:VEVENT",
        "UID:1",
        "SUMMARY:夜班 冯局长",
        "DTSTART:20261123T200000",
        "DTEND:20261124T080000",
        "RRULE:FREQ=DAILY",
        "END:VEVENT",
        "BEGIN:VEVENT",
        "UID:2",
        "SUMMARY:路人甲",
        "DTSTART:20261123T080000",
        "DTEND:20261123T200000",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]
)


def told(plan: dict[str, Any]) -> list[tuple[str, str]]:
    return [(one["person_name"], one["shift"]) for one in plan["duty"]]


def span(start: datetime, hours: float, **said: Any) -> dict[str, Any]:
    times = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=hours)).isoformat()}
    return times | said


async def test_a_roster_is_previewed_saved_read_and_taken_away(dashboard: Dashboard) -> None:
    now = stand_at(dashboard.story, 2026, 11, 23, 12)
    dashboard.service.database.shift = dashboard.story.database.shift
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        week = {"from": now.isoformat(), "to": (now + timedelta(days=1)).isoformat()}
        preview = await desk.post(f"{POST}/roster/preview", params=week, json={"shifts": SHIFTS})
        assert preview.status_code == 200, preview.text
        assert told(preview.json()) == [("赵保安", "白班"), ("钱值班", "夜班"), ("赵保安", "白班")]
        assert (await read(dashboard, "/posts/S1:duty/roster"))["roster"] is None
        saved = await desk.put(f"{POST}/roster", json={"shifts": SHIFTS, "based_on": 0})
        assert saved.status_code == 200, saved.text
        assert saved.json()["duty"] == {"posts": 1, "left_to_engine": 0, "holes": 0}
        stale = await desk.put(f"{POST}/roster", json={"shifts": SHIFTS, "based_on": 0})
        assert (stale.status_code, slug_of(stale)) == (409, "changed-meanwhile")
        detail = await read(dashboard, "/posts/S1:duty/roster")
        assert detail["roster"]["definition"]["shifts"][0]["turns"] == [["guard"]]
        assert detail["names"] == {"guard": "赵保安", "duty": "钱值班"}
        assert [one["year"] for one in detail["unknown_years"]] == [2027]
        assert detail["worries"] == [], "the log channel reaches everybody"
        plan = await read(dashboard, f"/posts/S1:duty/duty?from={week['from'].replace('+', '%2B')}")
        assert told(plan)[:2] == [("赵保安", "白班"), ("钱值班", "夜班")]
        far = now + timedelta(days=50)
        beyond = await read(dashboard, f"/posts/S1:duty/duty?from={far:%Y-%m-%dT%H:%M:%SZ}")
        assert told(beyond)[:1] == [("钱值班", "夜班")] or told(beyond)[:1] == [("赵保安", "白班")]
        assert len(told(beyond)) >= 28, "what is not worked out yet is worked out for the one who asks"
        gone = await desk.delete(f"{POST}/roster")
        assert gone.json() == {"version": 2}
        assert slug_of(await desk.delete(f"{POST}/roster")) == "no-such-roster"


async def test_what_is_wrong_with_a_roster_is_said(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for shifts in ([], [SHIFTS[0] | {"starts": "8"}], [SHIFTS[0] | {"turns": [["nemo"]]}], [SHIFTS[0], SHIFTS[0]]):
            refused = await desk.put(f"{POST}/roster", json={"shifts": shifts})
            assert (refused.status_code, slug_of(refused)) == (422, "invalid-request"), shifts
            assert refused.json()["errors"][0]["message"]
        missing = await desk.put("/api/v1/posts/S1:moat/roster", json={"shifts": SHIFTS})
        assert (missing.status_code, slug_of(missing)) == (404, "no-such-post")


async def test_overrides_and_swaps_are_made_listed_and_taken_back(dashboard: Dashboard) -> None:
    now = stand_at(dashboard.story, 2026, 11, 23, 12)
    dashboard.service.database.shift = dashboard.story.database.shift
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        early = await desk.post(f"{POST}/overrides", json=span(now, 2, kind="add", person="head"))
        assert slug_of(early) == "no-such-roster"
        await desk.put(f"{POST}/roster", json={"shifts": SHIFTS})
        said = span(now, 2, kind="replace", person="head", instead_of="guard", note="看病")
        key = {"Idempotency-Key": "override-1"}
        made = await desk.post(f"{POST}/overrides", json=said, headers=key)
        again = await desk.post(f"{POST}/overrides", json=said, headers=key)
        assert (made.status_code, made.json()) == (201, again.json())
        here = await read(dashboard, "/duty/now?school=S1")
        assert [(one["person_name"], one["instead_of_name"], one["source"]) for one in here["people"]] == [
            ("冯局长", "赵保安", "override")
        ]
        halves = {
            "first": span(now + timedelta(hours=20), 12, person="guard"),
            "second": span(now + timedelta(hours=8), 12, person="duty"),
        }
        swapped = await desk.post(f"{POST}/swaps", json=halves)
        assert swapped.status_code == 201, swapped.text
        listed = (await read(dashboard, "/posts/S1:duty/overrides"))["items"]
        assert len(listed) == 3
        number = swapped.json()["overrides"][0]["id"]
        assert (await desk.delete(f"{POST}/overrides/{number}")).status_code == 200
        assert len((await read(dashboard, "/posts/S1:duty/overrides"))["items"]) == 1
        assert slug_of(await desk.delete(f"{POST}/overrides/{number}")) == "no-such-override"


async def test_a_hole_is_listed_for_the_school_and_its_post_is_shown_vacant(dashboard: Dashboard) -> None:
    now = stand_at(dashboard.story, 2026, 11, 23, 12)
    dashboard.service.database.shift = dashboard.story.database.shift
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        await desk.put(f"{POST}/roster", json={"shifts": SHIFTS})
        leave = await desk.post("/api/v1/people/guard/leave", json=span(now - timedelta(hours=1), 72))
        assert leave.status_code == 201, leave.text
        assert leave.json()["duty"]["holes"] == 4
        here = await read(dashboard, "/duty/now?school=S1")
        assert (here["people"], [one["post"] for one in here["vacant"]]) == ([], ["S1:duty"])
        first = await read(dashboard, "/duty/holes?school=S1&limit=3")
        rest = await read(dashboard, f"/duty/holes?school=S1&limit=3&cursor={first['next']}")
        holes = [*first["items"], *rest["items"]]
        assert [one["person_name"] for one in holes] == ["赵保安"] * 4
        assert [one["starts_at"] for one in holes] == sorted({one["starts_at"] for one in holes})
        posts = (await read(dashboard, "/posts?school=S1"))["items"]
        assert [(one["code"], one["rostered"], bool(one["next_hole_at"])) for one in posts] == [("S1:duty", True, True)]
        assert slug_of(await desk.get("/api/v1/duty/now?school=S99")) == "no-such-school"


async def test_an_imported_calendar_becomes_duty_and_strangers_are_listed_with_their_line(dashboard: Dashboard) -> None:
    stand_at(dashboard.story, 2026, 11, 23, 21)
    dashboard.service.database.shift = dashboard.story.database.shift
    kind = {"Content-Type": "text/calendar"}
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        trial = await desk.post(f"{POST}/roster/calendar?dry_run=true", content=CALENDAR, headers=kind)
        assert (trial.status_code, trial.json()["version"]) == (200, None), trial.text
        assert (await read(dashboard, "/posts/S1:duty/roster"))["roster"] is None
        done = (await desk.post(f"{POST}/roster/calendar", content=CALENDAR, headers=kind)).json()
        assert (done["version"], done["events"], done["people"]) == (1, 1, ["head"])
        assert [(one["line"], one["summary"]) for one in done["problems"]] == [(11, "路人甲")]
        here = await read(dashboard, "/duty/now?school=S1")
        assert [(one["person_name"], one["source"]) for one in here["people"]] == [("冯局长", "calendar")]
        nothing = await desk.post(f"{POST}/roster/calendar", content="hello", headers=kind)
        assert slug_of(nothing) == "invalid-request"


async def test_a_feed_is_a_calendar_for_whoever_has_its_address_until_it_is_closed(dashboard: Dashboard) -> None:
    stand_at(dashboard.story, 2026, 11, 23, 12)
    dashboard.service.database.shift = dashboard.story.database.shift
    async with dashboard.client(OPERATOR_TOKEN) as desk, dashboard.client() as anybody:
        await desk.put(f"{POST}/roster", json={"shifts": SHIFTS})
        path = (await desk.post("/api/v1/people/guard/feed")).json()["path"]
        first = await anybody.get(path)
        assert first.headers["Content-Type"].startswith("text/calendar")
        events = icalendar.Calendar.from_ical(first.text).walk("VEVENT")
        assert len(events) == 36
        assert {str(one["SUMMARY"]) for one in events} == {"值班 白班 赵保安"}
        await desk.put(f"{POST}/roster", json={"shifts": SHIFTS, "handover_minutes": 0, "around_the_clock": True})
        second = icalendar.Calendar.from_ical((await anybody.get(path)).text).walk("VEVENT")
        assert {str(one["UID"]) for one in second} == {str(one["UID"]) for one in events}
        other = (await desk.post("/api/v1/people/guard/feed")).json()["path"]
        assert slug_of(await anybody.get(path)) == "no-such-feed", "the old address stopped to work"
        assert (await desk.delete("/api/v1/people/guard/feed")).status_code == 204
        assert slug_of(await anybody.get(other)) == "no-such-feed"
        post = (await desk.post(f"{POST}/feed")).json()["path"]
        assert len(icalendar.Calendar.from_ical((await anybody.get(post)).text).walk("VEVENT")) == 71


async def test_the_calendar_shows_days_who_said_so_and_years_that_nobody_knows(dashboard: Dashboard) -> None:
    stand_at(dashboard.story, 2026, 11, 23, 12)
    dashboard.service.database.shift = dashboard.story.database.shift
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        path = "/calendar?from=2026-12-30&to=2027-01-02&school=S1"
        page = await read(dashboard, path)
        assert [(one["on"], one["kind"], one["origin"]) for one in page["days"]] == [
            ("2026-12-30", "workday", "national"),
            ("2026-12-31", "workday", "national"),
            ("2027-01-01", "workday", "assumed"),
            ("2027-01-02", "holiday", "assumed"),
        ]
        assert [one["year"] for one in page["unknown_years"]] == [2027]
        body = {"kind": "holiday", "name": "元旦"}
        saved = await desk.put("/api/v1/calendar/days/2027-01-01", json=body)
        assert saved.status_code == 200, saved.text
        assert (await desk.put("/api/v1/calendar/years/2027")).status_code == 200
        page = await read(dashboard, path)
        assert [(one["kind"], one["origin"], one["name"]) for one in page["days"]][2] == ("holiday", "city", "元旦")
        assert page["unknown_years"] == []
        assert (await desk.delete("/api/v1/calendar/years/2027")).status_code == 200
        assert (await desk.delete("/api/v1/calendar/days/2027-01-01")).status_code == 200
        assert slug_of(await desk.delete("/api/v1/calendar/days/2027-01-01")) == "no-such-day"
        assert slug_of(await desk.get("/api/v1/calendar?school=S99")) == "invalid-request"
