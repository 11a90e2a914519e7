"""Reports are set in a process of their own: it takes seconds of a core and much memory, and no board may wait for it.

`python -m alerts.reports.rendering FORMAT LANGUAGE` reads a report as JSON and writes the file.
"""

from __future__ import annotations

import asyncio
import os
import sys
from enum import StrEnum

import msgspec

from alerts.reports.after_action import AfterAction
from alerts.reports.pages import CannotPrint, write_pdf
from alerts.reports.words import Language, Words
from alerts.reports.workbook import write_workbook

_CANNOT_PRINT = 3
_AT_ONCE = 1
_LONGEST_SECONDS = 120.0
_POLITE = 10  # below whatever answers people

_turn = asyncio.Semaphore(_AT_ONCE)


class Form(StrEnum):
    """What a report is written as."""

    PDF = "pdf"
    XLSX = "xlsx"


class RenderingFailed(Exception):
    """The process that sets reports ended badly or took too long."""


async def render(report: AfterAction, form: Form, language: Language) -> bytes:
    """The report as a file, one at a time. Raises CannotPrint with what to install, and RenderingFailed."""
    async with _turn:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "alerts.reports.rendering",
            form,
            language,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                written, said = await process.communicate(msgspec.json.encode(report))
        except TimeoutError as error:
            raise RenderingFailed(f"it took more than {_LONGEST_SECONDS:.0f} s: ask for a shorter window") from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if process.returncode == _CANNOT_PRINT:
        raise CannotPrint(said.decode(errors="replace").strip())
    if process.returncode:
        raise RenderingFailed(said.decode(errors="replace").strip()[-2000:])
    return written


def main() -> int:
    """The process: standard input to standard output."""
    os.nice(_POLITE)
    form, language = Form(sys.argv[1]), Language(sys.argv[2])
    report = msgspec.json.decode(sys.stdin.buffer.read(), type=AfterAction)
    words = Words(language, report.zone)
    try:
        written = write_pdf(report, words) if form is Form.PDF else write_workbook(report, words)
    except CannotPrint as error:
        sys.stderr.write(str(error))
        return _CANNOT_PRINT
    sys.stdout.buffer.write(written)
    return 0


if __name__ == "__main__":
    sys.exit(main())
