"""Reports are set in a process of their own: it takes seconds of a core and much memory, and no board may wait for it.

`python -m alerts.reports.rendering FORMAT LANGUAGE` reads a report as JSON and writes the file.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from alerts.reports.after_action import AfterAction
from alerts.reports.pages import CannotPrint, write_pdf
from alerts.reports.words import Language, Words
from alerts.reports.workbook import write_workbook

_CANNOT_PRINT = 3
_AT_ONCE = 1
_LONGEST_SECONDS = 120.0
_POLITE = 10

_turn = asyncio.Semaphore(_AT_ONCE)


class Form(StrEnum):
    """What a report is written as."""

    PDF = "pdf"
    XLSX = "xlsx"


class RenderingFailed(Exception):
    """The process that sets reports ended badly or took too long."""


async def render(report: AfterAction, form: Form, language: Language) -> bytes:
    """The report as a file, one at a time. Raises CannotPrint with what to install, and RenderingFailed."""
    return await run_writer(__name__, (form, language), report)


async def run_writer(
    module: str, arguments: Sequence[str], report: object, longest_seconds: float = _LONGEST_SECONDS
) -> bytes:
    """What `python -m MODULE ARGUMENTS`, whose main is `write_polite`, makes of a report. One at a time. Raises
    CannotPrint and RenderingFailed."""
    content = msgspec.json.encode(report)
    async with _turn:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(longest_seconds):
                written, said = await process.communicate(content)
        except TimeoutError as error:
            raise RenderingFailed(f"it took more than {longest_seconds:.0f} s: ask for a shorter period") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode == _CANNOT_PRINT:
        raise CannotPrint(said.decode(errors="replace").strip())
    if process.returncode:
        raise RenderingFailed(said.decode(errors="replace").strip()[-2000:])
    return written


def write_polite(write: Callable[[bytes], bytes]) -> int:
    """The main of such a process: standard input to standard output, below whatever answers people."""
    os.nice(_POLITE)
    try:
        written = write(sys.stdin.buffer.read())
    except CannotPrint as error:
        sys.stderr.write(str(error))
        return _CANNOT_PRINT
    sys.stdout.buffer.write(written)
    return 0


def _write(content: bytes) -> bytes:
    form, language = Form(sys.argv[1]), Language(sys.argv[2])
    report = msgspec.json.decode(content, type=AfterAction)
    words = Words(language, report.zone)
    return write_pdf(report, words) if form is Form.PDF else write_workbook(report, words)


if __name__ == "__main__":
    sys.exit(write_polite(_write))
