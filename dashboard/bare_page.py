"""Pages without sign-in and without script, for telephones and tablets: big words, big buttons, in both languages."""

from __future__ import annotations

import base64
import hashlib
import html

from fastapi import Response
from fastapi.responses import HTMLResponse

from alerts.incidents.answer_words import Words

_STYLE = """
:root{color-scheme:light dark}
body{font:18px/1.5 system-ui,sans-serif;max-width:34rem;margin:0 auto;padding:1rem}
h1{font-size:1.5rem;line-height:1.25;margin:.5rem 0}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}
dt{opacity:.75}dd{margin:0}
.said{border-left:.5rem solid #888;padding:.5rem 1rem;margin:1rem 0;font-weight:600}
.good{border-color:#187a36}.late{border-color:#b25d00}
.live{border-top:.75rem solid #c4161c;padding-top:.5rem}.practice{border-top:.75rem dashed #7a3fb0;padding-top:.5rem}
button{font:inherit;font-size:1.35rem;font-weight:700;width:100%;min-height:4.5rem;margin:.5rem 0;border:0;
border-radius:.75rem;color:#fff;background:#c4161c}
label{display:block;margin:.75rem 0}
input{font:inherit;display:block;box-sizing:border-box;width:100%;min-height:3rem;padding:.25rem .75rem}
svg{display:block;width:min(90vw,70vh);height:auto;margin:1rem auto;background:#fff}
button.coming{background:#0b57b7}button.practice{background:#7a3fb0;border:0}
button:focus-visible{outline:.25rem solid #f0b400;outline-offset:.15rem}
"""
_STYLE_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_DIGEST}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",  # the address is the key
    "X-Robots-Tag": "noindex, nofollow",
}


def answer_bare(page: str, status: int = 200, **headers: str) -> Response:
    """A page as an answer; only its own style counts in it."""
    return HTMLResponse(page, status, headers=HEADERS | headers)


def say_both(words: Words) -> str:
    """Words in both languages, marked as such."""
    return f'<span lang="zh-Hans">{html.escape(words.zh)}</span> <span lang="en">{html.escape(words.en)}</span>'


def write_document(title: str, body: str, *, refresh_seconds: int | None = None) -> str:
    """A whole document; `refresh_seconds`: it asks for itself anew so often."""
    refresh = "" if refresh_seconds is None else f'<meta http-equiv="refresh" content="{refresh_seconds}">\n'
    return (
        '<!doctype html>\n<html lang="zh-Hans">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"{refresh}<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )
