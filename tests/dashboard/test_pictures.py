"""An administrator keeps how a place looks; whoever may see the place sees it, and the log knows who changed it."""

from __future__ import annotations

from io import BytesIO
from unittest import mock

from PIL import Image

from alerts.domain import pictures
from dashboard.service import Service
from tests.alerts.test_redrawing import encode
from tests.dashboard.board import Dashboard
from tests.dashboard.test_rights import slug_of

SKETCH = "/api/v1/points/1/pictures/sketch"
JPEG = {"Content-Type": "image/jpeg"}
CAMERAS = """
insert into camera (school, name, address, point) values
    ('S1', '门厅', 'https://video.example.cn/1', (select id from point where school = 'S1' and name = '门卫室')),
    ('S1', '监控', 'rtsp://10.0.0.9/2', (select id from point where school = 'S1' and name = '监控室')),
    ('S1', '全校', 'https://video.example.cn/all', null), ('S2', '别校', 'https://video.example.cn/3', null);
"""


async def test_a_picture_is_kept_shown_replaced_and_removed_and_the_log_tells_of_each(dashboard: Dashboard) -> None:
    story = dashboard.story
    await story.database_execute(CAMERAS)
    incident = (await story.press("S1-G1", id="p1")).incident
    async with dashboard.browser("chen") as chen, dashboard.browser("li") as li:
        saved = (await chen.put(SKETCH, content=encode(Image.new("RGB", (2000, 1000))), headers=JPEG)).json()
        assert (saved["place"], saved["width"], saved["height"]) == ("门卫室", 1600, 800)
        assert (await chen.put(SKETCH, content=encode(Image.new("RGB", (2000, 1000))), headers=JPEG)).is_success

        detail = (await li.get(f"/api/v1/incidents/{incident}")).json()
        assert [one["sha256"] for one in detail["pictures"]] == [saved["sha256"]]
        assert [one["name"] for one in detail["cameras"]] == ["门厅", "全校"]
        school = (await li.get("/api/v1/schools/S1")).json()
        assert [len(point["pictures"]) for point in school["points"]] == [1, 0]
        assert [one["name"] for one in school["cameras"]] == ["全校", "监控", "门厅"]

        shown = await li.get(SKETCH)
        assert Image.open(BytesIO(shown.content)).size == (1600, 800)
        assert shown.headers["Content-Type"] == "image/webp"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in shown.headers["Content-Security-Policy"]
        assert shown.headers["Cache-Control"] == "private, no-cache"
        again = await li.get(SKETCH, headers={"If-None-Match": shown.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        named = await li.get(SKETCH, params={"sha256": saved["sha256"]})
        assert named.headers["Cache-Control"] == "private, max-age=31536000, immutable"

        other = (await chen.put(SKETCH, content=encode(Image.new("RGB", (40, 30), "red"), "PNG"))).json()
        old = await li.get(SKETCH, params={"sha256": saved["sha256"]})
        assert (old.headers["ETag"], old.headers["Cache-Control"]) == (f'"{other["sha256"]}"', "private, no-cache")
        assert (await chen.delete(SKETCH)).status_code == 204
        assert [slug_of(await one) for one in (chen.delete(SKETCH), li.get(SKETCH))] == ["no-such-picture"] * 2
    rows = await story.rows(
        "select actor, subject, kind, body->>'sha256', body->>'replaced' from log where kind ~ '^pict'"
    )
    assert [tuple(row) for row in rows] == [
        ("person:chen", "school:S1", "picture.saved", saved["sha256"], None),
        ("person:chen", "school:S1", "picture.saved", other["sha256"], saved["sha256"]),
        ("person:chen", "school:S1", "picture.removed", other["sha256"], None),
    ]


async def test_what_is_no_picture_is_refused_with_its_reason_and_only_an_administrator_is_heard_at_all(
    dashboard: Dashboard,
) -> None:
    service: Service = dashboard.service
    async with dashboard.browser("chen") as chen, dashboard.browser("wang") as wang:
        refused = await chen.put(SKETCH, content=b"<svg/>")
        assert (refused.status_code, slug_of(refused)) == (422, "bad-picture")
        assert "must be a JPEG, a PNG or a WebP" in refused.json()["detail"]
        with mock.patch.object(pictures, "LARGEST_BYTES", 1000):  # what is refused by its head is not read to its end
            large = await chen.put(SKETCH, content=bytes(1001))
        assert (large.status_code, slug_of(large)) == (413, "too-large")
        nowhere = await chen.put("/api/v1/points/99/pictures/photo", content=encode(Image.new("RGB", (9, 9))))
        assert (nowhere.status_code, slug_of(nowhere)) == (404, "no-such-point")
        async with service.redrawing:  # nobody waits who has no right to it
            assert slug_of(await wang.put(SKETCH, content=b"<svg/>")) == "not-allowed"
    assert await dashboard.story.value("select count(*) from point_picture") == 0
