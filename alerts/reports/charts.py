"""Charts of a report as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from alerts.domain.answer_times import IN_TIME, SOON
from alerts.reports.after_action import Outcome
from alerts.reports.sections import Bucket
from alerts.reports.words import Words

_WIDTH, _HEIGHT = 420, 200
_COLOURS = {"in_time": "#2f855a", "late": "#dd6b20", "never": "#c53030"}


def draw_buckets(buckets: Sequence[Bucket]) -> str:
    """Columns of incidents by how fast they were taken."""
    most = max(1, *(bucket.incidents for bucket in buckets))
    slot, floor, room = _WIDTH / len(buckets), _HEIGHT - 26, _HEIGHT - 50
    parts = [f'<line x1="0" y1="{floor}" x2="{_WIDTH}" y2="{floor}" stroke="#718096"/>']
    for number, bucket in enumerate(buckets):
        height = room * bucket.incidents / most
        middle = slot * (number + 0.5)
        parts.append(
            f'<rect x="{middle - slot * 0.34:.1f}" y="{floor - height:.1f}" width="{slot * 0.68:.1f}" '
            f'height="{height:.1f}" fill="{_COLOURS[bucket.standing]}"/>'
            + write_text(middle, floor - height - 5, str(bucket.incidents), 11)
            + write_text(middle, floor + 16, bucket.name, 10)
        )
    return frame("".join(parts))


def draw_course(outcome: Outcome, words: Words) -> str:
    """One incident on a line of time: when it was taken, gone to and closed, beside the 30 and 60 s that are asked."""
    moments = [
        (words.say("opened"), 0.0, "#c53030"),
        (words.say("taken"), outcome.taken_seconds, "#d69e2e"),
        (words.say("responding"), outcome.responding_seconds, "#2b6cb0"),
        (words.say("closed"), outcome.closed_seconds, "#2f855a"),
    ]
    known = [(name, seconds, colour) for name, seconds, colour in moments if seconds is not None]
    longest = max(IN_TIME.total_seconds() * 1.2, *(seconds for _, seconds, _ in known))

    def place(seconds: float) -> float:
        return 20 + (_WIDTH - 60) * math.sqrt(max(0.0, seconds) / longest)  # the first minute is what matters

    line = 120
    parts = [f'<line x1="20" y1="{line}" x2="{_WIDTH - 20}" y2="{line}" stroke="#a0aec0" stroke-width="2"/>']
    for limit in (SOON, IN_TIME):
        at = place(limit.total_seconds())
        parts.append(
            f'<line x1="{at:.1f}" y1="{line - 12}" x2="{at:.1f}" y2="{line + 24}" stroke="#718096" '
            'stroke-dasharray="3 3"/>' + write_text(at, line + 38, f"{limit.total_seconds():.0f} s", 10)
        )
    for number, (name, seconds, colour) in enumerate(known):
        at, top = place(seconds), line - 26 - 24 * (len(known) - 1 - number)
        parts.append(
            f'<line x1="{at:.1f}" y1="{top + 3}" x2="{at:.1f}" y2="{line}" stroke="{colour}"/>'
            f'<circle cx="{at:.1f}" cy="{line}" r="6" fill="{colour}"/>'
            + write_text(at, top, f"{name} {words.seconds(seconds) if seconds else ''}".strip(), 11, _anchor(at))
        )
    return frame("".join(parts))


def _anchor(at: float) -> str:
    if at > _WIDTH * 0.75:
        return "end"
    return "start" if at < _WIDTH * 0.25 else "middle"


def write_text(x: float, y: float, text: str, size: int, anchor: str = "middle") -> str:
    """A text at a place."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="#1a202c">{escape(text)}</text>'
    )


def frame(content: str, width: float = _WIDTH, height: float = _HEIGHT) -> str:
    """A drawing as wide as there is room."""
    box = f"0 0 {width:g} {height:g}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" width="100%" role="img">{content}</svg>'
