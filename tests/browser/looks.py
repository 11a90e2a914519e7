"""How pages look, as a program can tell: what does not fit a screen, and what not everybody can read.

A group of pages has one test for this, which signs in once and walks from page to page:

    async def test_the_pages_of_plans_fit_and_can_be_read_by_everybody(real_desk: RealDesk) -> None:
        await planning.save(real_desk.story)
        await real_desk.enter()
        await walk(real_desk, {"plans": "#/plans", "plan": "#/plans/intruder"})

At each page the window changes in place, as a person changes it: desk and telephone are looked at in both languages,
the wall's width in English, whose words are the longer ones, and axe reads the page once in Chinese, dark, on a desk,
and once in English, light, on a telephone. What stands around every page is read with the first page of a walk; whoever
looks at more on the same board says `around=False`. `inspect` looks at what a click brought up in the same way;
`find_grave` and `find_cut_off` look at what is on the screen now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

from tests.browser.desk import Desk

SCREENS = {"desk": (1366, 768), "wall": (1920, 1080), "phone": (390, 844)}
SHOWN = "[data-section], [data-view]"
_GRAVE = ["serious", "critical"]
# The rules of WCAG, and of axe's own "best practice" those that can find something serious. Styles are not fetched
# once more to be read: no rule that runs needs it.
_AXE = {
    "resultTypes": ["violations"],
    "preload": False,
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {
        rule: {"enabled": True}
        for rule in (
            "accesskeys",
            "aria-dialog-name",
            "aria-text",
            "aria-treeitem-name",
            "label-title-only",
            "tabindex",
        )
    },
}


# What stands around every page: the frame of the room, the queue and the map beside, the row of pages.
_AROUND = [".room > :not(main)", ".desk > :not(.subject)", "[data-section] > header nav"]


@dataclass(frozen=True)
class Look:
    """In which language (as the page's language is named) and theme pages are looked at, on which screens one after
    the other; axe reads them on the last."""

    language: str
    scheme: Literal["light", "dark"]
    screens: tuple[str, ...]

    @property
    def screen(self) -> str:
        """Where axe reads."""
        return self.screens[-1]


# Each begins where the one before it ended: a change of size costs as much as all else.
LOOKS = (Look("zh-CN", "dark", ("phone", "desk")), Look("en", "light", ("desk", "wall", "phone")))


async def wear(desk: Desk, look: Look) -> None:
    """Changes the page's language, wherever its switch is now, and its theme."""
    await desk.page.emulate_media(color_scheme=look.scheme)
    await desk.page.locator(f"button[lang={look.language}]").first.dispatch_event("click")
    await expect(desk.page.locator("html")).to_have_attribute("lang", look.language)


async def walk(desk: Desk, routes: Mapping[str, str], shown: Mapping[str, str] | None = None) -> None:
    """Goes from page to page and fails with all that is wrong with any. `shown` names what a page must have brought."""
    faults: list[str] = []
    for name, route in routes.items():
        await desk.go(route)
        await let_frames_pass(desk)  # the page before it is gone
        await expect(desk.page.locator((shown or {}).get(name, SHOWN))).to_be_visible()
        await expect(desk.page.locator("[aria-busy=true]")).to_have_count(0)
        faults += await find_faults(desk, name, around=name == next(iter(routes)))
    assert faults == [], "\n".join(faults)


async def inspect(desk: Desk, name: str, *, around: bool = True) -> None:
    """Fails with all that is wrong with what is on the screen now."""
    faults = await find_faults(desk, name, around=around)
    assert faults == [], "\n".join(faults)


async def find_faults(desk: Desk, name: str, *, around: bool = True) -> list[str]:
    """In each look: what does not fit at each size, and what axe finds at the last."""
    faults = []
    for look in LOOKS:
        await wear(desk, look)
        said = f"{name} in {look.language}"
        for screen in look.screens:
            await resize(desk, screen)
            await desk.save_picture(f"{name}-{screen}-{look.language}-{look.scheme}")
            wide = await desk.page.evaluate("document.documentElement.scrollWidth") - SCREENS[screen][0]
            faults += [f"{said} on {screen}: {wide} pixels too wide"] if wide > 0 else []
            faults += [f"{said} on {screen}: cut off: {one}" for one in await find_cut_off(desk)]
        faults += [f"{said}: {one}" for one in await find_grave(desk, around=around)]
    return faults


async def resize(desk: Desk, screen: str) -> None:
    """Changes the window's size, if need be, and waits until the page has taken its new place."""
    width, height = SCREENS[screen]
    if desk.page.viewport_size == {"width": width, "height": height}:
        return
    await desk.page.set_viewport_size({"width": width, "height": height})
    await desk.page.wait_for_function("width => innerWidth === width", arg=width)
    await let_frames_pass(desk)


async def let_frames_pass(desk: Desk) -> None:
    """Lets the page draw: what observes its own size is told in the first frame, and drawn anew in the second."""
    await desk.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


async def find_cut_off(desk: Desk) -> list[Any]:
    """Buttons whose words do not fit, or that stick out of the screen."""
    found: list[Any] = await desk.page.evaluate(
        """() => [...document.querySelectorAll('button, .chip, h2')]
            .filter(one => one.checkVisibility() && one.offsetWidth > 1)
            .filter(one => !one.closest('.unseen, .skip, .leaflet-pane'))
            .filter(one => {
                const box = one.getBoundingClientRect()
                const room = one.closest('.frame, .scroll')?.getBoundingClientRect().right ?? innerWidth
                const sideways = one.closest('table, [data-sideways]')
                return one.scrollWidth > one.clientWidth + 1 || (!sideways && box.right > room + 1)
            })
            .map(one => one.outerHTML.slice(0, 120))"""
    )
    return found


async def find_grave(desk: Desk, *, around: bool = True) -> list[str]:
    """What axe finds serious or worse, in what stands around the page, too, or in the page alone, if one is open. The
    window keeps axe until it is loaded anew."""
    if not await desk.page.evaluate("'axe' in window"):
        await desk.page.evaluate(Axe().axe_script)
    found: list[str] = await desk.page.evaluate(
        """async ([options, grave, around]) => {
            const left = document.querySelector('.subject') ? around : []
            const found = await axe.run({ include: [['html']], exclude: left.map(one => [one]) }, options)
            return found.violations
                .filter(one => grave.includes(one.impact))
                .map(one => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))}`)
        }""",
        [_AXE, _GRAVE, [] if around else _AROUND],
    )
    return found
