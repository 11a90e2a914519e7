"""What is wrong with how a page looks, as a program can tell."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.async_playwright import Axe

from tests.browser.desk import Desk

GRAVE = {"serious", "critical"}


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


async def find_grave(desk: Desk) -> list[str]:
    """What axe finds serious or worse."""
    found = await Axe().run(desk.page)
    return [
        f"{one['id']}: {one['help']}: {[node['html'][:160] for node in one['nodes']][:3]}"
        for one in found.response["violations"]
        if one["impact"] in GRAVE
    ]
