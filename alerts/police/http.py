"""The link to 110 over HTTPS with certificates on both sides: JSON there, JSON back."""

from __future__ import annotations

import ssl
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

import httpx
import msgspec

from alerts.domain.handover import REPORTABLE, Report
from alerts.domain.police import HandoverState
from alerts.domain.presses import Mode
from alerts.police.link import Case, LinkFailed, Withdrawal
from alerts.police.words import StatusWords, read_status
from alerts.settings import SettingUnusable

_TIMEOUT_SECONDS = 10.0
_CONNECTIONS = 50
_STATUS = {Mode.LIVE: "Actual", Mode.TEST: "Test", Mode.DRILL: "Exercise"}


class CertificateUnusable(SettingUnusable):
    """A certificate, key or authority that cannot be read; the message names the file's setting."""


class HttpLink:
    """`PUT {url}/{key}` hands over, `GET` asks, `POST {url}/{key}/withdrawal` withdraws.

    The station answers 2xx, with a body when it has decided (docs/police.md). Everything else, and silence, is tried
    again: only a decision is a decision.
    """

    def __init__(self, url: str, tls: ssl.SSLContext | None, poll: timedelta | None = None) -> None:
        self.poll = poll
        self._url = url.rstrip("/")
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        self._client = httpx.AsyncClient(
            timeout=_TIMEOUT_SECONDS, verify=tls if tls else True, limits=limits, trust_env=False
        )

    async def __aenter__(self) -> HttpLink:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def hand_over(self, case: Case) -> Report | None:
        """Sends the incident. Raises LinkFailed."""
        return _read_report(await self._call("PUT", f"/{case.key}", _write_case(case), str(case.key)))

    async def ask(self, key: UUID) -> Report | None:
        """Asks for the case. Raises LinkFailed."""
        return _read_report(await self._call("GET", f"/{key}"))

    async def withdraw(self, withdrawal: Withdrawal) -> None:
        """Says that the incident was closed. Raises LinkFailed."""
        body = {
            "incident": withdrawal.incident.id,
            "closed_at": withdrawal.incident.closed_at,
            "cause": withdrawal.cause,
            "cap": withdrawal.cap.decode() if withdrawal.cap else None,
        }
        key = f"{withdrawal.key}-withdrawal"
        await self._call("POST", f"/{withdrawal.key}/withdrawal", body, key, may_be_unknown=True)

    async def _call(
        self, method: str, path: str, body: Any = None, idempotency_key: str = "", *, may_be_unknown: bool = False
    ) -> httpx.Response:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if idempotency_key:
            headers["Idempotency-Key"] = idempotency_key
        content = msgspec.json.encode(body) if body is not None else None
        try:
            answer = await self._client.request(method, self._url + path, content=content, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LinkFailed(f"{type(error).__name__}: {error}") from error
        if not answer.is_success and not (may_be_unknown and answer.status_code == httpx.codes.NOT_FOUND):
            raise LinkFailed(f"the station answered {answer.status_code} {answer.reason_phrase}")
        return answer


def open_tls(certificate: Path | None, key: Path | None, authority: Path | None) -> ssl.SSLContext:
    """Shows our certificate and trusts only the station's authority (None: the system's). Raises
    CertificateUnusable."""
    try:
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
    except (OSError, ssl.SSLError) as error:
        raise CertificateUnusable(f"CAMPUS_POLICE_CA: {authority}: {error}") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificate is None:
        return context
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise CertificateUnusable(f"CAMPUS_POLICE_CERT and CAMPUS_POLICE_KEY: {certificate}: {error}") from error
    return context


def _write_case(case: Case) -> dict[str, Any]:
    incident, school = case.incident, case.school
    return {
        "id": case.key,
        "status": _STATUS[incident.mode],
        "mode": incident.mode,
        "incident": incident.id,
        "kind": incident.kind,
        "category": incident.category,
        "opened_at": incident.opened_at,
        "handed_over_at": case.queued_at,
        "presses": incident.presses,
        "late": incident.late,
        "state": incident.state,
        "device": incident.device,
        "point": incident.point,
        "school": school,
        "cap": case.cap.decode() if case.cap else None,
    }


def _read_report(answer: httpx.Response) -> Report | None:
    """What the station decided; no body, or `received`, is no decision yet."""
    if not answer.content:
        return None
    try:
        words = msgspec.json.decode(answer.content, type=StatusWords)
    except msgspec.DecodeError as error:
        raise LinkFailed(f"the station's answer cannot be read: {error}") from error
    if words.state == "received":
        return None
    if words.state not in REPORTABLE:
        raise LinkFailed(f"the station says {words.state!r}, which is none of {', '.join(sorted(REPORTABLE))}")
    if any("\0" in text for text in words.texts()):
        raise LinkFailed("the station's answer contains the character NUL")
    return read_status(words, HandoverState(words.state))
