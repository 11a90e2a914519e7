"""What lies in the database and must be read back is sealed by the first key, once when the program starts."""

from __future__ import annotations

import asyncio

import structlog

from alerts.sealing import Sealed, seal_secrets
from alerts.storage.errors import StorageUnavailable
from dashboard.service import Service

log = structlog.get_logger()
_RETRY_SECONDS = 2.0


async def seal_what_is_not(service: Service) -> None:
    """Seals it once the database answers. A missing key is told, and stops nobody else: boards must go on."""
    while True:
        try:
            done = await seal_secrets(service.database)
            break
        except StorageUnavailable as error:
            log.warning("dashboard.database.away", error=str(error))
            await asyncio.sleep(_RETRY_SECONDS)
    _tell(done)


def _tell(done: Sealed) -> None:
    if done.sealed:
        log.info("dashboard.secrets.sealed", secrets=done.sealed)
    if done.plain:
        log.warning("dashboard.secrets.plain", secrets=done.plain)
    if done.locked:
        log.error("dashboard.secrets.locked", secrets=done.locked)
