"""`python -m alerts certificates`: an authority of one's own, for parts that got no certificate from elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from alerts.certificates import AuthorityMissing, Part, make_missing
from alerts.terminal import fail


def make_certificates(
    folder: Annotated[Path, typer.Argument(help="Where they are: ca.crt, and tls.crt and tls.key in a folder a part.")],
    parts: Annotated[list[str], typer.Argument(help="NAME, or NAME=OTHER,NAMES by which it is reached, too.")],
    authority: Annotated[
        Path | None, typer.Option(help="Where the authority's key is; FOLDER/authority when left out.")
    ] = None,
) -> None:
    """Make the certificates that are missing, and renew those of our own that end within 90 days or lack a name.

    What somebody brought stays as it is. Without a ca.crt an authority is made. Restart whoever got a new one.
    """
    now = datetime.now(UTC)  # the database's own certificate is among them: its clock cannot be asked yet
    try:
        made = make_missing(folder, authority or folder / "authority", [Part.parse(one) for one in parts], now)
    except (AuthorityMissing, OSError, ValueError) as error:
        fail(f"{error}")
    typer.echo(f"made {', '.join(made)}" if made else "all are there")
