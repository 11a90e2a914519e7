"""After-action reports over HTTP."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess

import openpyxl
import pytest

from alerts.domain.incidents import Cause
from tests.alerts.reports.test_after_action import drill, require_fonts
from tests.alerts.story import WANG
from tests.dashboard.board import READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of


async def close_one(dashboard: Dashboard) -> int:
    incident = (await dashboard.story.press("S1-G1")).incident
    await dashboard.story.answers.acknowledge(incident, WANG)
    await dashboard.story.answers.close(incident, WANG, Cause.REAL)
    return incident


async def test_a_report_is_fetched_as_a_workbook_and_the_log_says_by_whom(dashboard: Dashboard) -> None:
    incident = await close_one(dashboard)
    data = await read(dashboard, f"/incidents/{incident}/report")
    assert (data["outcomes"][0]["incident"]["id"], data["answering"]["taken"]) == (incident, 1)
    async with dashboard.client(READER_TOKEN) as wall:
        fetched = await wall.get(f"/api/v1/incidents/{incident}/report.xlsx?lang=en")
        assert fetched.status_code == 200, fetched.text
        assert fetched.headers["content-disposition"].endswith(f'"incident-{incident}-{data["position"]}.xlsx"')
        assert openpyxl.load_workbook(io.BytesIO(fetched.content)).sheetnames[0] == "Summary"
        again = await wall.get(f"/api/v1/incidents/{incident}/report.xlsx?lang=en&position={data['position']}")
        assert again.content == fetched.content
    made = (await read(dashboard, "/audit?kind=export.made"))["items"]
    assert [(row["actor"], row["subject"]) for row in made] == [("person:wall", f"incident:{incident}")] * 2
    assert made[0]["body"]["sha256"] == hashlib.sha256(fetched.content).hexdigest()
    assert made[0]["body"]["position_hash"] == data["hash"]


async def test_a_windows_report_as_a_pdf(dashboard: Dashboard) -> None:
    require_fonts()
    window = await drill(dashboard.story)
    async with dashboard.client(READER_TOKEN) as wall:
        fetched = await wall.get(f"/api/v1/windows/{window}/report.pdf")
    assert (fetched.status_code, fetched.headers["content-type"]) == (200, "application/pdf")
    assert fetched.content.startswith(b"%PDF-")
    reader = shutil.which("pdftotext")
    if reader is not None:
        text = subprocess.run(
            [reader, "-", "-"], input=fetched.content, capture_output=True, check=True
        ).stdout.decode()
        assert "季度演练" in text
        assert f"演练时段 {window}" in text


async def test_what_is_not_there_and_what_is_no_form_is_refused(dashboard: Dashboard) -> None:
    incident = await close_one(dashboard)
    async with dashboard.client(READER_TOKEN) as wall:
        assert slug_of(await wall.get("/api/v1/incidents/999/report.pdf")) == "no-such-incident"
        assert slug_of(await wall.get("/api/v1/windows/999/report")) == "no-such-window"
        assert slug_of(await wall.get(f"/api/v1/incidents/{incident}/report.doc")) == "invalid-request"
        assert slug_of(await wall.get(f"/api/v1/incidents/{incident}/report.pdf?lang=fr")) == "invalid-request"
    assert (await read(dashboard, "/audit?kind=export.made"))["items"] == []


async def test_without_fonts_the_pdf_says_what_to_install(
    dashboard: Dashboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = await close_one(dashboard)
    monkeypatch.setenv("PATH", "/nowhere")
    async with dashboard.client(READER_TOKEN) as wall:
        refused = await wall.get(f"/api/v1/incidents/{incident}/report.pdf")
        assert (refused.status_code, slug_of(refused)) == (503, "cannot-print")
        assert "fonts-noto-cjk" in refused.json()["detail"]
        assert (await wall.get(f"/api/v1/incidents/{incident}/report.xlsx")).status_code == 200
