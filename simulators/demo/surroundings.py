"""What surrounds the demo's service: people's telephones and mailboxes behind the providers that reach them, 110, and a
monitoring station, each played by a program of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from simulators.demo.secrets import Secrets
from simulators.embedded.process import find_free_port
from simulators.police.certificates import write_certificates
from simulators.providers.plan import Plan, write_settings


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where they listen, on this machine, and where 110's certificates are."""

    phones_port: int
    mail_port: int
    police_port: int
    station_port: int
    folder: Path

    @classmethod
    def place(cls, folder: Path, phones_port: int) -> Surroundings:
        """Free ports; the telephones' own when one is wanted (0: a free one at first, which they keep)."""
        others = find_free_port(), find_free_port(), find_free_port()
        return cls(phones_port or _keep_port(folder / "phones-port"), *others, folder / "police")

    @property
    def phones(self) -> str:
        """Where the telephones are shown."""
        return f"http://127.0.0.1:{self.phones_port}"

    def programs(self, board: str, seed: int) -> Mapping[str, Sequence[str]]:
        """The programs by name, each as what follows `python -m`."""
        where = ["--board", board, "--seed", str(seed)]
        phones = ["--port", str(self.phones_port), "--mail-port", str(self.mail_port)]
        police = ["--port", str(self.police_port), "--station-port", str(self.station_port)]
        return {
            "phones": ["simulators", "providers", *phones, *where],
            "police": ["simulators", "police", *police, "--folder", str(self.folder), *where],
        }

    def settings(self, secrets: Secrets) -> dict[str, str]:
        """What the service is told so that it uses them, and they so that the service believes them."""
        certificates = write_certificates(self.folder)
        plan = Plan(callback_token=secrets.provider_token)
        return write_settings(plan, self.phones, self.mail_port) | {
            "CAMPUS_POLICE_URL": f"https://127.0.0.1:{self.police_port}/cases",
            "CAMPUS_POLICE_CERT": str(certificates.client),
            "CAMPUS_POLICE_KEY": str(certificates.client_key),
            "CAMPUS_POLICE_CA": str(certificates.authority),
            "CAMPUS_POLICE_SECRET": secrets.police_secret,
            "CAMPUS_DC09_HOST": "127.0.0.1",
            "CAMPUS_DC09_PORT": str(self.station_port),
        }


def _keep_port(path: Path) -> int:
    if not path.exists():
        path.write_text(str(find_free_port()))
    return int(path.read_text())
