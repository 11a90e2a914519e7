"""The board as it was: any instant of it, for each place, however long the log is."""

from __future__ import annotations

import random
from datetime import timedelta

import httpx
import msgspec
import pytest

from alerts import replay as replaying
from alerts.replay import NotRecorded, keep_keyframe, read_first_at, read_past_board, thin_keyframes
from tests.alerts.story import WANG, Story
from tests.dashboard.board import READER_TOKEN, Dashboard
from tests.dashboard.histories import PLACES, as_board, live_a_while

COUNT = "select count(*) from board_keyframe"


@pytest.mark.parametrize(("seed", "days"), [(1, 0), (2, 31)])
async def test_the_board_at_any_instant_is_what_the_live_feed_showed_then_however_long_ago_that_is(
    story: Story, seed: int, days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "KEYFRAME_ROWS", 9)
    monkeypatch.setattr(replaying, "OLD_ROWS", 40)
    seen = await live_a_while(story, random.Random(seed))
    assert len(seen) > 3
    kept = await story.value(COUNT)
    await story.forward(days * 86_400)
    while await thin_keyframes(story.database):
        pass
    assert kept > await story.value(COUNT) > 1 if days else await story.value(COUNT) == kept > 1
    for one in seen:
        for place in PLACES:
            past = await read_past_board(story.database, one.at, place)
            assert as_board(past) == one.boards[place], f"{place} at {one.at}"


async def test_a_row_that_was_overtaken_is_shown_from_when_boards_could_show_it(story: Story) -> None:
    """A transaction's time is when it began: what committed before it was on the boards before."""
    await keep_keyframe(story.database)
    await story.forward(600)
    first = (await story.press("S1-G1", id="p1")).incident
    between = story.now
    story.database.shift -= timedelta(minutes=5)
    second = (await story.press("S2-G1", id="p2")).incident
    story.database.shift += timedelta(minutes=5)
    past = as_board(await read_past_board(story.database, between - timedelta(minutes=1), PLACES[0]))
    assert past["incidents"] == {}, "neither was there a minute before, whatever the second row's time says"
    assert as_board(await read_past_board(story.database, story.now, PLACES[0]))["incidents"].keys() == {first, second}


async def test_a_board_whose_following_rows_were_taken_out_of_the_log_is_shown_no_more(story: Story) -> None:
    """It would show an instant as if nothing had happened since."""
    await keep_keyframe(story.database)
    for number in range(3):
        await story.forward(60)
        await story.press("S1-G1", id=f"p{number}")
    between = story.now
    await story.database_execute(
        "set session_replication_role = replica; delete from log where position < 5; reset session_replication_role"
    )
    with pytest.raises(NotRecorded):
        await read_past_board(story.database, between, PLACES[0])
    assert await read_first_at(story.database) is None
    assert (await thin_keyframes(story.database), await story.value(COUNT)) == (1, 0)


async def test_a_person_asks_for_the_board_at_an_instant_and_for_what_followed(dashboard: Dashboard) -> None:
    story = dashboard.story
    before = story.now
    await keep_keyframe(story.database)
    incident = (await story.press("S1-G1", id="p1")).incident
    await story.forward(20)
    pressed = story.now
    await story.forward(20)
    await story.answers.acknowledge(incident, WANG)
    async with dashboard.client(READER_TOKEN) as reader:
        board = (await reader.get("/api/v1/replay", params={"at": pressed.isoformat()})).json()
        assert [(one["id"], one["state"]) for one in board["incidents"]] == [(incident, "open")]
        assert (board["type"], len(board["schools"]), board["at"][:19]) == ("snapshot", 3, pressed.isoformat()[:19])
        asked = {"after": board["cursor"], "since": board["at"], "until": (pressed + timedelta(hours=1)).isoformat()}
        told = (await reader.get("/api/v1/replay/changes", params=asked)).json()
        states = [one["item"]["state"] for one in told["items"] if one["kind"] == "incident"]
        assert states[-1] == "acknowledged"
        assert (told["next"], told["until"] < asked["until"]) == (None, True), "no further than now"
        elsewhere = await reader.get("/api/v1/replay/changes", params=asked | {"school": "S3"})
        assert elsewhere.json()["items"] == []
        early = await reader.get("/api/v1/replay", params={"at": before.isoformat()})
        assert (early.status_code, slug_of(early)) == (404, "no-such-board")
        long = await reader.get("/api/v1/replay/changes", params=asked | {"until": "2100-01-01T00:00:00Z"})
        assert long.status_code == 422


async def test_a_keyframe_is_made_again_only_when_enough_happened(story: Story) -> None:
    assert await keep_keyframe(story.database)
    await story.press("S1-G1", id="p1")
    assert not await keep_keyframe(story.database), "a few rows are read in a moment"


def slug_of(answer: httpx.Response) -> str:
    return str(msgspec.json.decode(answer.content)["type"]).rsplit("/", 1)[-1]
