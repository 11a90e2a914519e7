"""Coverage over HTTP: holes by place, the city's figure, and who would be called."""

from __future__ import annotations

from alerts.engine.coverage import lint_stale_schools
from tests.alerts.readiness.test_coverage import HOUR, open_phones, roster
from tests.dashboard.board import READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of


async def test_a_city_that_was_never_looked_at_is_unknown_and_not_covered(dashboard: Dashboard) -> None:
    summary = (await read(dashboard, "/coverage"))["summary"]
    assert (summary["schools"], summary["covered"], summary["unchecked"]) == (3, 0, 3)
    assert summary["checked_at"] is None
    assert summary["changes_waiting"] > 0


async def test_holes_are_listed_by_place_with_words_and_page_by_page(dashboard: Dashboard) -> None:
    story = dashboard.story
    await open_phones(story)
    now = story.now.replace(microsecond=0)
    await roster(story, "S1:duty", ("guard", now - HOUR, now + HOUR), ("guard", now + 2 * HOUR, now + 999 * HOUR))
    await lint_stale_schools(story.database)
    page = await read(dashboard, "/coverage")
    summary = page["summary"]
    assert (summary["covered"], summary["nobody"], summary["first_step_empty"]) == (1, 0, 2)
    assert [(one["code"], one["covered"]) for one in summary["districts"]] == [("370202", 1), ("370203", 0)]
    assert summary["changes_waiting"] == 0
    hole = (await read(dashboard, "/coverage?school=S1"))["items"][0]
    assert (hole["school_name"], hole["finding"], hole["lasts"], hole["kinds"]) == (
        "第一小学", "first_step_empty", False, [],
    )  # fmt: skip
    gap = next(reason for reason in hole["reasons"] if reason["code"] == "roster_gap")
    assert (gap["post"], gap["zh"]) == ("S1:duty", "“值班”的排班这时没有人值班")
    assert gap["en"] == "the roster of 值班 has nobody on duty then"
    assert [one["school"] for one in (await read(dashboard, "/coverage?district=370203"))["items"]] == ["S3"]
    assert (await read(dashboard, "/coverage?finding=nobody"))["items"] == []
    first = await read(dashboard, "/coverage?limit=1")
    second = await read(dashboard, f"/coverage?limit=1&cursor={first['next']}")
    assert [one["school"] for one in first["items"] + second["items"]] == ["S3", "S1"]
    assert second["next"] is None


async def test_it_is_told_who_would_be_called(dashboard: Dashboard) -> None:
    await open_phones(dashboard.story)
    said = await read(dashboard, "/coverage/explain?school=S1&kind=fire&at=2026-12-24T02:30:00%2B08:00")
    assert (said["covered"], said["reached_after_seconds"], said["effective"]["kind"]) == (True, 0, "fire")
    step = said["steps"][0]
    assert (step["police"], [call["person_name"] for call in step["calls"]]) == (True, ["赵保安", "钱值班"])
    assert step["calls"][0]["channels"] == ["sms"]
    assert {reason["zh"] for reason in step["reasons"]} == {"没有带班领导这个岗位", "没有专职保安这个岗位"}


async def test_what_cannot_be_asked_is_refused(dashboard: Dashboard) -> None:
    async with dashboard.client(READER_TOKEN) as reader:
        assert slug_of(await reader.get("/api/v1/coverage/explain?school=S99")) == "no-such-school"
        for path in ("coverage/explain", "policies/effective"):
            for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-24T02:30:00"):
                assert slug_of(await reader.get(f"/api/v1/{path}?school=S1&at={at}")) == "invalid-request"
        assert slug_of(await reader.get("/api/v1/coverage?cursor=eHh4")) == "invalid-request"
        assert slug_of(await reader.get("/api/v1/coverage?cursor=Inh4eCI")) == "invalid-request"
