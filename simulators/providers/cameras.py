"""What the links of the demo's cameras open: a page that says that there is none. Nothing is filmed, or fetched."""

from __future__ import annotations

import html

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from simulators.providers.page import STYLE


def make_router() -> APIRouter:
    """The page of each camera."""
    router = APIRouter()

    @router.get("/cameras/{school}/{number}")
    async def show(school: str, number: int) -> HTMLResponse:
        return HTMLResponse(write_camera(school, number))

    return router


def write_camera(school: str, number: int) -> str:
    """The page of one camera, which is none."""
    name = html.escape(f"{school} · {number}")
    return (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>模拟摄像头 simulated camera {name}</title>'
        f"<style>{STYLE}</style><h1>模拟摄像头 simulated camera</h1><p>{name}</p>"
        "<p>演示里没有真的摄像头，也没有画面；正式使用时，链接打开的是视频平台的页面。</p>"
        '<p lang="en">There is no camera and no picture in the demo. '
        "In earnest the link opens a page of the video system.</p></html>"
    )
