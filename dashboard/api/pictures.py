"""Pictures of the points where buttons hang: a floor sketch and a photo of each."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

import structlog
from fastapi import Query, Request, Response

from alerts.domain.pictures import MEDIA_TYPE, PictureInvalid, PictureKind
from alerts.domain.rights import Right
from alerts.pictures import NoSuchPicture, NoSuchPoint, remove_picture, save_picture
from alerts.redrawing import Redrawn, redraw
from alerts.storage.pictures import PictureRow, read_picture
from dashboard.api.routers import make_router
from dashboard.api.texts import NumberPath
from dashboard.paging import answer
from dashboard.places import Where
from dashboard.problems import Problem
from dashboard.rights import CallerOf, grant
from dashboard.service import Service, ServiceOf

router = make_router("pictures")
log = structlog.get_logger()

Known = Annotated[
    str | None, Query(pattern="^[0-9a-f]{64}$", description="The picture's SHA-256: kept by who fetched it, for ever.")
]
_SHOWN = {  # a picture and nothing else, whatever its bytes would like to be
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Content-Disposition": "inline",
}
_FOREVER, _ASK_AGAIN = "private, max-age=31536000, immutable", "private, no-cache"
_PICTURES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/jpeg", "image/png", MEDIA_TYPE)
        },
    }
}


@router.get("/points/{point}/pictures/{kind}", openapi_extra=grant(Right.SEE, Where.POINT), response_class=Response)
async def get_picture(
    request: Request, service: ServiceOf, point: NumberPath, kind: PictureKind, sha256: Known = None
) -> Response:
    """A picture of a point, in WebP."""
    known = request.headers.get("if-none-match", "").removeprefix("W/").strip('"') or None
    async with service.database.connection() as connection:
        found = await read_picture(connection, point, kind, known)
    if found is None:
        raise Problem("no-such-picture")
    cache = _FOREVER if sha256 == found.sha256 else _ASK_AGAIN
    headers = {**_SHOWN, "ETag": f'"{found.sha256}"', "Cache-Control": cache}
    if found.content is None:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=MEDIA_TYPE, headers=headers)


@router.put(
    "/points/{point}/pictures/{kind}",
    openapi_extra=grant(Right.GOVERN, Where.POINT) | _PICTURES,
    response_model=PictureRow,
)
async def put_picture(
    request: Request, service: ServiceOf, caller: CallerOf, point: NumberPath, kind: PictureKind
) -> Response:
    """Keeps a picture of a point, a JPEG, PNG or WebP, drawn anew and without what went with it, in the place of the
    one before."""
    drawn = await _redraw(service, await request.body())
    try:
        saved = await save_picture(service.database, point, kind, drawn, caller.account.name)
    except NoSuchPoint as error:
        raise Problem("no-such-point", str(error)) from error
    log.info("dashboard.picture.saved", point=point, kind=kind, sha256=saved.sha256, account=caller.account.name)
    return answer(saved)


@router.delete("/points/{point}/pictures/{kind}", openapi_extra=grant(Right.GOVERN, Where.POINT), status_code=204)
async def delete_picture(service: ServiceOf, caller: CallerOf, point: NumberPath, kind: PictureKind) -> Response:
    """Removes a picture of a point; the log keeps its SHA-256."""
    try:
        await remove_picture(service.database, point, kind, caller.account.name)
    except NoSuchPicture as error:
        raise Problem("no-such-picture", str(error)) from error
    log.info("dashboard.picture.removed", point=point, kind=kind, account=caller.account.name)
    return Response(status_code=204)


async def _redraw(service: Service, content: bytes) -> Redrawn:
    async with service.redrawing:
        try:
            return await asyncio.to_thread(redraw, content)
        except PictureInvalid as error:
            raise Problem("bad-picture", str(error)) from error
