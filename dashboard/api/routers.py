"""How every route of ours is made: guarded, and with its errors documented as problems."""

from __future__ import annotations

from fastapi import APIRouter

from dashboard.problems import MEDIA_TYPE
from dashboard.rights import GuardedRoute

PROBLEM_REFERENCE = {"$ref": "#/components/schemas/ProblemDocument"}


def make_router(tag: str) -> APIRouter:
    """A router under /api/v1 whose routes must declare their right."""
    return APIRouter(
        prefix="/api/v1",
        tags=[tag],
        route_class=GuardedRoute,
        responses={
            "default": {
                "description": "A problem; its `type` ends in a stable slug.",
                "content": {MEDIA_TYPE: {"schema": PROBLEM_REFERENCE}},
            }
        },
    )
