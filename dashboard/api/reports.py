"""After-action reports to download: of an incident, or of a window for tests or drills."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable
from typing import Annotated

import structlog
from fastapi import Query, Response

from alerts.domain.rights import Right
from alerts.reports.after_action import AfterAction
from alerts.reports.exporting import record_export
from alerts.reports.pages import CannotPrint
from alerts.reports.reading import NothingToTell, read_incident_report, read_window_report
from alerts.reports.rendering import Form, RenderingFailed, render
from alerts.reports.words import Language
from dashboard.api.routers import make_router
from dashboard.api.texts import NumberPath
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.problems import Problem
from dashboard.rights import CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("reports")
log = structlog.get_logger()

_MEDIA_TYPES = {
    Form.PDF: "application/pdf",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
LanguageQuery = Annotated[Language, Query(description="What the report speaks.")]
PositionQuery = Annotated[
    int | None,
    Query(ge=1, lt=1 << 62, description="The row of the log up to which it tells; the newest when left out."),
]


@router.get("/incidents/{incident}/report", openapi_extra=grant(Right.SEE, Where.INCIDENT), response_model=AfterAction)
async def get_incident_report(service: ServiceOf, incident: NumberPath, position: PositionQuery = None) -> Response:
    """The after-action report of an incident, as data."""
    report = await _read(read_incident_report(service.database, incident, position), "no-such-incident")
    return answer(report)


@router.get(
    "/incidents/{incident}/report.{form}", openapi_extra=grant(Right.SEE, Where.INCIDENT), response_class=Response
)
async def export_incident_report(
    service: ServiceOf,
    caller: CallerOf,
    incident: NumberPath,
    form: Form,
    lang: LanguageQuery = Language.ZH,
    position: PositionQuery = None,
) -> Response:
    """The after-action report of an incident as a file. Who fetched it is in the log."""
    report = await _read(read_incident_report(service.database, incident, position), "no-such-incident")
    return await _export(service, caller.account.name, report, form, lang)


@router.get("/windows/{window}/report", openapi_extra=grant(Right.SEE, Where.WINDOW), response_model=AfterAction)
async def get_window_report(service: ServiceOf, window: NumberPath, position: PositionQuery = None) -> Response:
    """The after-action report of a window with all that was pressed in it, as data."""
    return answer(await _read(read_window_report(service.database, window, position), "no-such-window"))


@router.get("/windows/{window}/report.{form}", openapi_extra=grant(Right.SEE, Where.WINDOW), response_class=Response)
async def export_window_report(
    service: ServiceOf,
    caller: CallerOf,
    window: NumberPath,
    form: Form,
    lang: LanguageQuery = Language.ZH,
    position: PositionQuery = None,
) -> Response:
    """The after-action report of a window as a file. Who fetched it is in the log."""
    report = await _read(read_window_report(service.database, window, position), "no-such-window")
    return await _export(service, caller.account.name, report, form, lang)


async def _read(reading: Awaitable[AfterAction], slug: str) -> AfterAction:
    try:
        return await reading
    except NothingToTell as error:
        raise Problem(slug, str(error)) from error


async def _export(service: Service, account: str, report: AfterAction, form: Form, language: Language) -> Response:
    try:
        written = await render(report, form, language)
    except CannotPrint as error:
        raise Problem("cannot-print", str(error)) from error
    except RenderingFailed as error:
        log.exception("dashboard.report.failed", subject=report.subject, form=form)
        raise Problem("internal") from error
    digest = hashlib.sha256(written).hexdigest()
    await record_export(service.database, report, form, language, digest, account)
    log.info("dashboard.report.exported", subject=report.subject, form=form, account=account)
    name = f"{report.subject.replace(':', '-')}-{report.position}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Digest": f"sha-256={digest}"}
    return Response(written, media_type=_MEDIA_TYPES[form], headers=headers)
