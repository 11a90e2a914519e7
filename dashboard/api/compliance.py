"""The rules that an inspector ticks: not judged yet, and said so."""

from __future__ import annotations

from fastapi import Response

from dashboard.api.routers import make_router
from dashboard.api.texts import CodePath
from dashboard.problems import Problem, ProblemDocument
from dashboard.rights import SEE

router = make_router("compliance")


@router.get("/compliance", openapi_extra=SEE, response_model=ProblemDocument, status_code=501)
async def get_compliance() -> Response:
    """Not built yet: nothing is claimed about any rule."""
    raise Problem("not-built-yet", "no rule is judged yet, so nothing is claimed to be met")


@router.get("/compliance/schools/{code}", openapi_extra=SEE, response_model=ProblemDocument, status_code=501)
async def get_school_compliance(code: CodePath) -> Response:
    """Not built yet: nothing is claimed about any rule."""
    raise Problem("not-built-yet", f"no rule is judged yet, so nothing is claimed of {code}")
