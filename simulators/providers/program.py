"""`python -m simulators providers`: the fake providers until somebody ends them."""

from __future__ import annotations

import asyncio

from rich.console import Console

from simulators.providers.app import open_providers
from simulators.providers.plan import Plan, write_settings


async def run_providers(plan: Plan, port: int, mail_port: int, console: Console) -> None:
    """Runs until it is cancelled."""
    async with open_providers(plan, port=port, mail_port=mail_port) as providers:
        console.print(f"fake phones: {providers.url}/", soft_wrap=True)
        for name, value in write_settings(plan, providers.url, providers.mail_port).items():
            console.print(f"{name}={value}", soft_wrap=True)
        await asyncio.Event().wait()
