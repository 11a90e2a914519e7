"""The page is served as it was built, and says so when it was not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from pydantic import ValidationError

from alerts.settings import Settings
from tests.alerts.story import Story
from tests.dashboard.board import Dashboard, run_dashboard
from tests.dashboard.test_rights import slug_of


async def test_the_entry_answers_for_every_address_that_the_page_knows_itself(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        for path in ("/", "/incidents/7", "/schools/S1", "/index.html"):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert "<title>board</title>" in answer.text
            assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
            assert answer.headers["Cache-Control"] == "no-cache"


async def test_an_asset_is_kept_for_ever_and_compressed(dashboard: Dashboard, page: Path) -> None:
    async with dashboard.client(headers={"Accept-Encoding": "gzip"}) as client:
        async with client.stream("GET", "/assets/index-abc123.js") as answer:
            raw = b"".join([chunk async for chunk in answer.aiter_raw()])
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(raw) == (page / "assets/index-abc123.js").read_bytes()
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert answer.headers["Vary"] == "Accept-Encoding"
        plain = await client.get("/assets/index-abc123.js", headers={"Accept-Encoding": "identity"})
        assert "Content-Encoding" not in plain.headers


async def test_an_unchanged_page_is_not_sent_again(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        tag = (await client.get("/")).headers["ETag"]
        again = await client.get("/", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")


async def test_head_answers_without_a_body(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        answer = await client.head("/")
        assert (answer.status_code, answer.content) == (200, b"")


async def test_nothing_outside_the_page_is_served(dashboard: Dashboard, page: Path) -> None:
    (page.parent / "secret.txt").write_text("secret")
    async with dashboard.client() as client:
        for path in ("/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/assets/missing.js"):
            answer = await client.get(path)
            assert (answer.status_code, slug_of(answer)) == (404, "not-found"), path


async def test_the_page_learns_of_the_operators_map_and_may_fetch_from_its_origin_alone(
    story: Story, page: Path
) -> None:
    tiles = {"map_tiles": "https://tiles.example.cn:8443/wgs/{z}/{x}/{y}.png?key=k", "map_attribution": "测绘院"}
    async with run_dashboard(story, page, **tiles) as dashboard, dashboard.browser("wang") as wang:
        answer = await wang.get("/api/v1/session")
        assert answer.json()["tiles"] == {"address": tiles["map_tiles"], "attribution": "测绘院"}
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert "img-src 'self' data: https://tiles.example.cn:8443" in policy
        assert [one for one in policy if "tiles" in one] == ["img-src 'self' data: https://tiles.example.cn:8443"]


@pytest.mark.parametrize(
    "address", ["https://tiles.example.cn/{z}/{x}.png", "https://a.cn; script-src *//{z}/{x}/{y}", "//a.cn/{z}/{x}/{y}"]
)
def test_what_is_no_address_of_tiles_is_refused_at_the_start(address: str) -> None:
    with pytest.raises(ValidationError, match="map_tiles"):
        Settings(map_tiles=address)


async def test_without_a_built_page_it_says_how_to_build_it_and_finds_it_later(story: Story, tmp_path: Path) -> None:
    folder = tmp_path / "later"
    async with run_dashboard(story, folder) as dashboard, dashboard.client() as client:
        answer = await client.get("/")
        assert answer.status_code == 503
        assert "make demo" in answer.text
        folder.mkdir()
        (folder / "index.html").write_text("built")
        assert (await client.get("/")).text == "built"
