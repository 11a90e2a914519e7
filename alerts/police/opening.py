"""Opens the links to the police that are set up."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import timedelta

from alerts.domain.dc09 import Line
from alerts.police.dc09 import StationLine
from alerts.police.http import HttpLink, open_tls
from alerts.police.terms import PoliceTerms, StationTerms, write_account
from alerts.settings import Settings


async def open_police(settings: Settings, stack: AsyncExitStack) -> PoliceTerms:
    """How the engine speaks to 110 and to the monitoring station; closed with the stack. Raises CertificateUnusable."""
    return PoliceTerms(
        link=await _open_link(settings, stack),
        exercises=settings.police_exercises,
        cap_sender=settings.cap_sender if settings.police_cap else None,
        public_url=settings.public_url,
        station=await _open_station(settings, stack),
    )


async def _open_link(settings: Settings, stack: AsyncExitStack) -> HttpLink | None:
    if settings.police_url is None:
        return None
    tls = None
    if settings.police_url.startswith("https"):
        tls = open_tls(settings.police_cert, settings.police_key, settings.police_ca)
    poll = timedelta(seconds=settings.police_poll_seconds) if settings.police_poll_seconds else None
    return await stack.enter_async_context(HttpLink(settings.police_url, tls, poll))


async def _open_station(settings: Settings, stack: AsyncExitStack) -> StationTerms | None:
    if settings.dc09_host is None:
        return None
    prefix = settings.dc09_account or ""
    key = bytes.fromhex(settings.dc09_key.get_secret_value()) if settings.dc09_key else None
    line = StationLine(
        settings.dc09_host,
        settings.dc09_port,
        Line(settings.dc09_receiver or "", settings.dc09_line, key),
        account=write_account(prefix, 0),
    )
    supervision = timedelta(seconds=settings.dc09_supervision_seconds)
    test_every = timedelta(hours=settings.dc09_test_hours)
    return StationTerms(await stack.enter_async_context(line), prefix, supervision, test_every)
