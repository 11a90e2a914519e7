"""Every error is a problem document, and none tells more than it should."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest import mock

import pytest

from alerts.domain.rights import Right
from alerts.storage.errors import StorageUnavailable
from dashboard.middleware import BODY_LIMIT_BYTES
from dashboard.problems import KINDS
from tests.dashboard.board import OPERATOR_TOKEN, Dashboard
from tests.dashboard.test_rights import slug_of

REFUSED = (
    ("GET", "/api/v1/nothing", 404, "not-found"),
    ("POST", "/api/v1/nothing", 404, "not-found"),
    ("GET", "/api/v1/schools/", 404, "not-found"),
    ("PATCH", "/api/v1/schools", 405, "method-not-allowed"),
    ("POST", "/somewhere/on/the/page", 405, "method-not-allowed"),
    ("GET", "/api/v1/schools/S9", 404, "no-such-school"),
    ("GET", "/api/v1/devices/S9-G1", 404, "no-such-device"),
    ("GET", "/api/v1/incidents/99", 404, "no-such-incident"),
    ("POST", "/api/v1/incidents/99/acknowledge", 404, "no-such-incident"),
    ("DELETE", "/api/v1/windows/99", 404, "no-such-window"),
    ("GET", "/api/v1/problems/nothing", 404, "no-such-problem"),
    ("GET", "/api/v1/compliance?on=2020-02-02", 404, "no-such-closed-day"),
    ("GET", "/api/v1/compliance/matrix?on=2020-02-02", 404, "no-such-closed-day"),
    ("GET", "/api/v1/compliance/schools/S1?on=2020-02-02", 404, "no-such-closed-day"),
    ("GET", "/api/v1/compliance/schools/S9", 404, "no-such-school"),
    ("GET", "/api/v1/compliance/evidence/2026-01-01/S1-G1/gate/nothing", 404, "no-such-evidence"),
    ("GET", "/api/v1/compliance/evidence/yesterday", 404, "no-such-evidence"),
    ("GET", "/api/v1/compliance/evidence/%00", 404, "no-such-evidence"),
    ("GET", "/api/v1/compliance?on=9999-12-31", 422, "invalid-request"),
    ("GET", "/api/v1/compliance?by=colour", 422, "invalid-request"),
    ("GET", "/api/v1/compliance/trend?from=2026-02-02&to=2026-02-01", 422, "invalid-request"),
    ("GET", "/api/v1/schools?limit=0", 422, "invalid-request"),
    ("GET", "/api/v1/schools?limit=501", 422, "invalid-request"),
    ("GET", "/api/v1/schools?limit=many", 422, "invalid-request"),
    ("GET", "/api/v1/schools?cursor=%00", 422, "invalid-request"),
    ("GET", "/api/v1/schools?cursor=AAAA", 422, "invalid-request"),
    ("GET", "/api/v1/incidents?cursor=InMxIg", 422, "invalid-request"),
    ("GET", "/api/v1/schools?q=%00", 422, "invalid-request"),
    ("GET", "/api/v1/schools?kind=circus", 422, "invalid-request"),
    ("GET", "/api/v1/schools?district=%27;drop", 422, "invalid-request"),
    ("GET", "/api/v1/schools/%00", 422, "invalid-request"),
    ("GET", "/api/v1/incidents/first", 422, "invalid-request"),
    ("GET", "/api/v1/incidents/99999999999999999999", 422, "invalid-request"),
    ("GET", "/api/v1/incidents?state=lost", 422, "invalid-request"),
    ("GET", "/api/v1/incidents?since=yesterday", 422, "invalid-request"),
    ("GET", "/api/v1/incidents?since=2026-03-02T10:15:07", 422, "invalid-request"),
    ("POST", "/api/v1/incidents/1/note", 422, "invalid-request"),
    ("POST", "/api/v1/incidents/1/close", 422, "invalid-request"),
    ("PUT", "/api/v1/policies/war", 422, "invalid-request"),
)


async def test_a_refused_request_says_what_is_wrong_by_a_stable_slug(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as client:
        for method, path, status, slug in REFUSED:
            answer = await client.request(method, path)
            assert (answer.status_code, slug_of(answer)) == (status, slug), (method, path, answer.text)
            assert answer.json()["status"] == status
            assert answer.json()["title"] == KINDS[slug][1]


async def test_a_refused_method_is_told_which_ones_there_are(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as client:
        assert (await client.put("/api/v1/session")).headers["Allow"] == "DELETE, GET, POST"
        assert (await client.delete("/api/v1/incidents/1/close")).headers["Allow"] == "POST"


async def test_an_invalid_request_names_the_fields(dashboard: Dashboard) -> None:
    async with dashboard.client(OPERATOR_TOKEN) as client:
        answer = await client.post("/api/v1/incidents/1/close", json={"cause": "boredom", "text": ""})
        fields = {error["field"] for error in answer.json()["errors"]}
        assert fields == {"body.cause", "body.text"}


async def test_the_type_of_a_problem_leads_to_its_explanation(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        problem = (await client.get("/api/v1/schools")).json()
        explained = await client.get(problem["type"])
        assert explained.status_code == 200
        assert explained.json()["title"] == problem["title"]


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not(dashboard: Dashboard) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        for _ in range(BODY_LIMIT_BYTES // 1024 + 2):
            yield b" " * 1024

    async with dashboard.client(OPERATOR_TOKEN) as client:
        for path in ("/api/v1/presses", "/api/v1/session", "/api/v1/windows"):
            for content in (b" " * (BODY_LIMIT_BYTES + 1), trickle()):
                answer = await client.post(path, content=content)
                assert (answer.status_code, slug_of(answer)) == (413, "too-large"), path


async def test_an_error_of_ours_tells_the_caller_nothing_about_us(dashboard: Dashboard) -> None:
    secret = RuntimeError("the password of the database is hunter2")
    with mock.patch("dashboard.api.registry.list_districts", side_effect=secret):
        async with dashboard.client(OPERATOR_TOKEN) as client:
            answer = await client.get("/api/v1/districts")
    assert (answer.status_code, slug_of(answer)) == (500, "internal")
    assert "hunter2" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_while_the_database_is_away_the_answer_is_to_try_again(dashboard: Dashboard) -> None:
    with mock.patch("dashboard.api.registry.list_districts", side_effect=StorageUnavailable("gone")):
        async with dashboard.client(OPERATOR_TOKEN) as client:
            answer = await client.get("/api/v1/districts")
    assert (answer.status_code, slug_of(answer)) == (503, "storage-away")
    assert int(answer.headers["Retry-After"]) > 0


async def test_what_goes_wrong_at_a_link_that_is_a_key_is_logged_without_the_key(
    dashboard: Dashboard, capsys: pytest.CaptureFixture[str]
) -> None:
    for error, status in ((RuntimeError("a bug"), 500), (StorageUnavailable("gone"), 503)):
        with mock.patch("dashboard.first_page.holds_link", side_effect=error):
            async with dashboard.client() as client:
                assert (await client.get("/first/the-very-key")).status_code == status
    logged = capsys.readouterr().out
    assert logged.count("/first/{token}") == 2
    assert "the-very-key" not in logged


async def test_the_api_describes_itself_and_its_problems(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        description: dict[str, Any] = (await client.get("/api/v1/openapi.json")).json()
    schemas = description["components"]["schemas"]
    assert {"ProblemDocument", "FieldError", "Incident", "SchoolItem", "IncidentDetail"} <= set(schemas)
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            assert operation["x-campus-right"] in {"anyone", *Right}, (method, path)
            assert "HTTPValidationError" not in str(operation["responses"]), (method, path)
            for reference in find_references(operation):
                assert reference.removeprefix("#/components/schemas/") in schemas, reference


async def test_every_answer_protects_the_browser(dashboard: Dashboard) -> None:
    async with dashboard.client() as client:
        for path in ("/", "/livez", "/api/v1/schools", "/api/v1/nothing", "/assets/index-abc123.js"):
            headers = (await client.get(path)).headers
            assert "default-src 'self'" in headers["Content-Security-Policy"]
            assert "unsafe" not in headers["Content-Security-Policy"]
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
            assert "Strict-Transport-Security" not in headers
            assert "server" not in headers


def find_references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "$ref":
                yield inner
            yield from find_references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from find_references(inner)
