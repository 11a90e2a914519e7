"""`python -m alerts push-keys`: the key by which push services know who sends to people's browsers."""

from __future__ import annotations

import typer

from alerts.channels.webpush import make_private_key


def print_keys() -> None:
    """Print a new private key for notifications in browsers, as the engine and the dashboard are told it.

    Keep it as you keep a password. With another one every browser must be switched on again.
    """
    typer.echo(f"CAMPUS_PUSH_PRIVATE_KEY={make_private_key()}")
