"""Web Push as its RFCs have it: what is sent is encrypted for one browser (8291, 8188) and signed by who sends (8292).

Nothing but what `cryptography` and `joserfc` bring (decision 0028); the tests hold it against the RFC's own example.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from alerts.domain.push import Browser, BrowserInvalid, read_base64, read_point, write_base64
from alerts.settings import SettingMissing, Settings, SettingUnusable

LONGEST_TEXT = 3993  # bytes: push services take records of 4096
_RECORD_BYTES = 4096
_KEY_BYTES = 32
_SIGNED_SECONDS = 12 * 3600  # push services allow a day at most


def make_private_key() -> str:
    """A new private key, as `CAMPUS_PUSH_PRIVATE_KEY` carries it."""
    number = generate_private_key(SECP256R1()).private_numbers().private_value
    return write_base64(number.to_bytes(_KEY_BYTES, "big"))


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, as push services know it: by a key that each browser was shown when it was switched on."""

    private: EllipticCurvePrivateKey
    contact: str

    @classmethod
    def of(cls, private_key: str, contact: str) -> Self:
        """Whoever has this key. Raises SettingUnusable."""
        try:
            data = read_base64(private_key)
            if len(data) != _KEY_BYTES:
                raise BrowserInvalid("a private key has 32 bytes")
            return cls(derive_private_key(int.from_bytes(data, "big"), SECP256R1()), contact)
        except ValueError as error:
            raise SettingUnusable(
                "CAMPUS_PUSH_PRIVATE_KEY is no private key: `python -m alerts push-keys` makes one"
            ) from error

    @classmethod
    def open(cls, settings: Settings) -> Self | None:
        """Whoever the settings name, if they do. Raises SettingMissing and SettingUnusable."""
        if settings.push_private_key is None:
            return None
        if settings.push_contact is None:
            raise SettingMissing("CAMPUS_PUSH_CONTACT", "mailto:alarm@example.cn")
        return cls.of(settings.push_private_key.get_secret_value(), settings.push_contact)

    @property
    def public_key(self) -> str:
        """What browsers are shown."""
        return write_base64(_encode(self.private))

    def sign(self, origin: str, now: float) -> str:
        """The `Authorization` of what is sent to a push service of this origin."""
        claims = {"aud": origin, "exp": int(now) + _SIGNED_SECONDS, "sub": self.contact}
        token = jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(self.private))
        return f"vapid t={token}, k={self.public_key}"


def encrypt(
    text: bytes, browser: Browser, *, own: EllipticCurvePrivateKey | None = None, salt: bytes | None = None
) -> bytes:
    """What only this browser reads: one record, with a key and a salt of its own. Raises BrowserInvalid."""
    own = own or generate_private_key(SECP256R1())
    salt = salt or os.urandom(16)
    mine = _encode(own)
    shared = own.exchange(ECDH(), read_point(browser.key))
    material = _derive(shared, browser.secret, b"WebPush: info\0" + browser.key + mine, 32)
    key = _derive(material, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(material, salt, b"Content-Encoding: nonce\0", 12)
    record = AESGCM(key).encrypt(nonce, text + b"\x02", None)  # the last record of one
    return salt + _RECORD_BYTES.to_bytes(4, "big") + bytes([len(mine)]) + mine + record


def _derive(material: bytes, salt: bytes, what: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt, what).derive(material)


def _encode(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
