"""Fake providers for a test: strict, so that leaving them says whatever nobody expected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from simulators.providers.app import Providers, open_providers
from simulators.providers.plan import Plan


@asynccontextmanager
async def strict_providers(plan: Plan | None = None) -> AsyncIterator[Providers]:
    """Fake providers that fail the test when something came that should not have."""
    async with open_providers(plan or Plan()) as providers:
        yield providers
        providers.check()
