"""What people put in for closed management, over HTTP."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from alerts.domain.compliance.photos import LARGEST_BYTES
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of

JPEG = b"\xff\xd8\xff\xe0 a gate"


def survey(dashboard: Dashboard, **said: Any) -> dict[str, Any]:
    """A survey of the walls that was made a minute ago."""
    at = (dashboard.story.now - timedelta(minutes=1)).isoformat()
    return {"kind": "wall_survey", "at": at, "said": {"height_centimetres": 210, "gaps": 0}} | said


def written(content: bytes) -> str:
    return base64.b64encode(content).decode()


async def test_a_fact_is_declared_with_photos_corrected_and_withdrawn_and_tells_its_history(
    dashboard: Dashboard,
) -> None:
    async with dashboard.browser("wang") as browser:
        body = survey(dashboard, photos=[written(JPEG)])
        declared = await browser.post("/api/v1/schools/S1/facts", json=body, headers={"Idempotency-Key": "one"})
        again = await browser.post("/api/v1/schools/S1/facts", json=body, headers={"Idempotency-Key": "one"})
        assert (declared.status_code, again.json()) == (201, declared.json()), declared.text
        fact = declared.json()["id"]
        assert (declared.json()["grade"], declared.json()["by"]) == ("C", "wang")
        better = survey(dashboard, said={"height_centimetres": 180, "gaps": 2}, reason="重新测量")
        corrected = await browser.post(f"/api/v1/facts/{fact}/corrections", json=better)
        assert corrected.status_code == 201, corrected.text
        late = await browser.post(f"/api/v1/facts/{fact}/corrections", json=better)
        assert (late.status_code, slug_of(late)) == (409, "already-corrected")
        listed = await read(dashboard, "/facts?school=S1&kind=wall_survey")
        assert [one["id"] for one in listed["items"]] == [corrected.json()["id"]]
        gone = await browser.post(f"/api/v1/facts/{corrected.json()['id']}/withdrawal", json={"reason": "量错学校"})
        assert (gone.status_code, gone.json()["withdrawn"]) == (201, True)
    assert (await read(dashboard, "/facts?school=S1"))["items"] == []
    history = (await read(dashboard, f"/facts/{fact}"))["items"]
    assert [one["reason"] for one in history] == ["", "重新测量", "量错学校"]
    pages = await read(dashboard, "/facts?standing=false&limit=2")
    rest = await read(dashboard, f"/facts?standing=false&limit=2&cursor={pages['next']}")
    assert [one["id"] for one in (*pages["items"], *rest["items"])] == [one["id"] for one in reversed(history)]


async def test_a_photo_is_shown_as_what_it_is_and_never_as_a_page(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk, dashboard.client(READER_TOKEN) as reader:
        body = survey(dashboard, photos=[written(JPEG)])
        fact = (await desk.post("/api/v1/schools/S1/facts", json=body)).json()["id"]
        shown = await reader.get(f"/api/v1/facts/{fact}/photos/1")
        assert (shown.status_code, shown.content) == (200, JPEG)
        assert shown.headers["Content-Type"] == "image/jpeg"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert slug_of(await reader.get(f"/api/v1/facts/{fact}/photos/2")) == "no-such-fact"


async def test_three_photos_of_five_megabytes_fit_and_what_is_larger_does_not(dashboard: Dashboard) -> None:
    whole = JPEG + b"x" * (LARGEST_BYTES - len(JPEG))
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for photos, status in (([whole] * 3, 201), ([whole + b"x"], 422), ([JPEG] * 4, 422)):
            body = survey(dashboard, photos=[written(one) for one in photos])
            sent = await desk.post("/api/v1/schools/S1/facts", json=body)
            assert sent.status_code == status, sent.text[:500]
        elsewhere = await desk.post("/api/v1/windows", json={"photos": [written(JPEG + b"x" * 60_000)]})
        assert elsewhere.status_code == 413, "nowhere else"


async def test_a_fact_that_cannot_be_says_at_which_field(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as desk:
        for body, field in (
            (survey(dashboard, said={"height_centimetres": 210}), "body.said"),
            (survey(dashboard, said={"height_centimetres": 210, "gaps": -1}), "body.said.gaps"),
            (survey(dashboard, about="guard"), "body.about"),
            (survey(dashboard, photos=[written(b"<html>")]), "body"),
            (survey(dashboard, kind="rumour"), "body.kind"),
            (survey(dashboard, at="yesterday"), "body.at"),
        ):
            refused = await desk.post("/api/v1/schools/S1/facts", json=body)
            assert (refused.status_code, slug_of(refused)) == (422, "invalid-request"), body
            assert refused.json()["errors"][0]["field"] == field
        unknown = await desk.post("/api/v1/schools/S9/facts", json=survey(dashboard))
        assert (unknown.status_code, slug_of(unknown)) == (404, "no-such-school")
