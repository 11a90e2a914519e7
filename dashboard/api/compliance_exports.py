"""Reports of closed days for those above: asked for, made in the background by an engine, fetched by who asked."""

from __future__ import annotations

from datetime import date

import structlog
from fastapi import Request, Response
from pydantic import BaseModel, model_validator

from alerts.compliance.reporting.exporting import Asked, TooManyExports, ask_for_export, fetch_file
from alerts.compliance.reporting.reading import NothingRecorded
from alerts.domain.compliance.exports import ExportForm, Period
from alerts.domain.rights import Right
from alerts.reports.words import Language
from alerts.storage.exports import ExportRow, delete_export, find_export, list_exports
from dashboard.api.routers import make_router
from dashboard.api.texts import Code, NumberPath
from dashboard.idempotency import IdempotencyKey
from dashboard.paging import USUAL_PAGE, CursorText, Limit, Page, answer, answer_page, read_number_key
from dashboard.places import Where
from dashboard.problems import Problem
from dashboard.rights import Caller, CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("compliance")
log = structlog.get_logger()

_MEDIA_TYPES = {
    ExportForm.PDF: "application/pdf",
    ExportForm.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportForm.CSV: "text/csv; charset=utf-8",
    ExportForm.JSON: "application/json",
}


class ExportRequest(BaseModel):
    """A report of the day, month or term in which `on` lies, of a district, a school, or with neither of the city."""

    period: Period
    on: date
    district: Code | None = None
    school: Code | None = None
    form: ExportForm = ExportForm.XLSX
    language: Language = Language.ZH

    @model_validator(mode="after")
    def _name_one_place(self) -> ExportRequest:
        if self.district and self.school:
            raise ValueError("name a district or a school, not both")
        return self

    def read(self) -> Asked:
        """What somebody asks for."""
        return Asked(self.period, self.on, self.district, self.school, self.form, self.language)


@router.get("/compliance/exports", openapi_extra=grant(Right.SEE, Where.CITY), response_model=Page[ExportRow])
async def get_exports(
    service: ServiceOf, caller: CallerOf, cursor: CursorText = None, limit: Limit = USUAL_PAGE
) -> Response:
    """The caller's own exports, the newest first: how far each is, and when its file is forgotten."""
    before = read_number_key(cursor)
    async with service.database.connection() as connection:
        found = await list_exports(connection, caller.account.name, before=before, limit=limit + 1)
    return answer_page(found, limit, "id")


@router.post(
    "/compliance/exports", openapi_extra=grant(Right.SEE, Where.CITY), response_model=ExportRow, status_code=202
)
async def post_export(
    request: Request,
    service: ServiceOf,
    caller: CallerOf,
    body: ExportRequest,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Asks for a report; an engine makes it in the background. Whoever may see what it tells may have it."""
    return await service.kept_answers.answer_once(request, caller, idempotency_key, lambda: _ask(service, caller, body))


@router.get("/compliance/exports/{export}", openapi_extra=grant(Right.SEE, Where.CITY), response_model=ExportRow)
async def get_export(service: ServiceOf, caller: CallerOf, export: NumberPath) -> Response:
    """One of the caller's exports."""
    async with service.database.connection() as connection:
        found = await find_export(connection, export, caller.account.name)
    if found is None:
        raise Problem("no-such-export")
    return answer(found)


@router.get("/compliance/exports/{export}/file", openapi_extra=grant(Right.SEE, Where.CITY), response_class=Response)
async def get_export_file(service: ServiceOf, caller: CallerOf, export: NumberPath) -> Response:
    """The file, for who asked for it; its SHA-256 is in the log, and so is each time that it is fetched."""
    file = await fetch_file(service.database, export, caller.account.name)
    if file is None:
        raise Problem("no-such-export", "there is none of that number, or it is not made yet")
    log.info("dashboard.export.fetched", export=export, account=caller.account.name)
    headers = {
        "Content-Disposition": f'attachment; filename="{file.file_name}"',
        "Digest": f"sha-256={file.sha256}",
    }
    return Response(file.content, media_type=_MEDIA_TYPES[file.form], headers=headers)


@router.delete("/compliance/exports/{export}", openapi_extra=grant(Right.SEE, Where.CITY), status_code=204)
async def remove_export(service: ServiceOf, caller: CallerOf, export: NumberPath) -> Response:
    """Forgets one of the caller's exports, made or not; what the log says of it stays."""
    async with service.database.transaction() as connection:
        if not await delete_export(connection, export, caller.account.name):
            raise Problem("no-such-export")
    return Response(status_code=204)


async def _ask(service: Service, caller: Caller, body: ExportRequest) -> Response:
    try:
        row = await ask_for_export(service.database, body.read(), caller.account.name)
    except NothingRecorded as error:
        raise Problem("no-such-closed-day", str(error)) from error
    except TooManyExports as error:
        raise Problem("too-many-exports", str(error)) from error
    log.info("dashboard.export.asked", export=row.id, file=row.file_name, account=caller.account.name)
    return answer(row, 202)
