"""What the problems of this API mean: a problem's `type` leads here."""

from __future__ import annotations

from fastapi import Response

from dashboard.api.routers import make_router
from dashboard.paging import answer
from dashboard.problems import KINDS, TYPE_BASE, Problem, ProblemDocument
from dashboard.rights import ANYONE

router = make_router("problems")


@router.get("/problems/{slug}", openapi_extra=ANYONE, response_model=ProblemDocument)
async def get_problem_kind(slug: str) -> Response:
    """The kind of a problem: its title and its status."""
    if slug not in KINDS:
        raise Problem("no-such-problem")
    status, title = KINDS[slug]
    return answer(ProblemDocument(TYPE_BASE + slug, title, status))
