"""What the caller chose at the board."""

from __future__ import annotations

from typing import Annotated

from fastapi import Response
from pydantic import AfterValidator, BaseModel, Field

from alerts.domain.preferences import (
    LONGEST_NAME,
    LONGEST_QUERY,
    MOST_VIEWS,
    Language,
    Preferences,
    SavedView,
    Theme,
)
from alerts.domain.rights import Right
from alerts.preferences import save_preferences
from dashboard.api.routers import make_router
from dashboard.api.texts import Words
from dashboard.places import Where
from dashboard.rights import CallerOf, grant, require_person
from dashboard.service import ServiceOf

router = make_router("session")


class ViewRequest(BaseModel):
    """What somebody looks for again and again, under a name."""

    name: Annotated[Words, Field(min_length=1, max_length=LONGEST_NAME)]
    query: Annotated[Words, Field(min_length=1, max_length=LONGEST_QUERY)]


def _refuse_copies(views: list[ViewRequest]) -> list[ViewRequest]:
    if len({view.query for view in views}) < len(views):
        raise ValueError("must not contain the same view twice")
    return views


class PreferencesRequest(BaseModel):
    """What was chosen now; what is absent or null stays as it was. `views` are all of them, in their order."""

    language: Language | None = None
    theme: Theme | None = None
    shortcuts: bool | None = None
    views: Annotated[list[ViewRequest], Field(max_length=MOST_VIEWS), AfterValidator(_refuse_copies)] | None = None


@router.patch("/session/preferences", openapi_extra=grant(Right.SEE, Where.EVERYWHERE), status_code=204)
async def patch_preferences(service: ServiceOf, caller: CallerOf, body: PreferencesRequest) -> Response:
    """Keeps what the caller chose at the board with their account; `GET /api/v1/session` tells it."""
    require_person(caller)
    await save_preferences(service.database, caller.account.name, _read(body))
    return Response(status_code=204)


def _read(body: PreferencesRequest) -> Preferences:
    views = None if body.views is None else tuple(SavedView(view.name, view.query) for view in body.views)
    return Preferences(body.language, body.theme, body.shortcuts, views)
