"""The operator's OpenID provider: where a person is sent to sign in, and what it says of who came back."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from alerts.channels.exchange import read_trusted
from alerts.settings import SettingMissing, Settings
from alerts.storage.identities import Identity
from dashboard.openid_trips import Trip

ANSWER_SECONDS = 10.0
CLOCKS_DIFFER_SECONDS = 60  # what two clocks may be apart
KEPT_SECONDS = 3600.0  # what the provider says of itself; its keys are asked for anew when an unknown one signed
# Signed with a key that only the provider has. `none`, and what our own secret could sign, is nobody's signature.
_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_CLOCK_CLAIMS = frozenset({"iat", "nbf"})


class ProviderAway(Exception):
    """The provider does not answer, or not as a provider does."""


class AnswerRefused(Exception):
    """What the provider said of a person cannot be believed; `str()` says why."""


class ClocksDiffer(AnswerRefused):
    """It was said at a time that is not now: one of the two clocks is wrong."""


class NotAsked(AnswerRefused):
    """The provider let somebody through without asking who they are."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must be: from whom, for whom, and for which trip."""

    issuer: str
    client_id: str
    trip: Trip


class Provider:
    """The provider, as it describes itself at its issuer's address."""

    def __init__(self, issuer: str, client_id: str, client_secret: str | None) -> None:
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: KeySet | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self | None:
        """The provider that the settings name, if they name one. Raises SettingMissing."""
        if settings.oidc_issuer is None:
            return None
        if settings.oidc_client_id is None:
            raise SettingMissing("CAMPUS_OIDC_CLIENT_ID", "campus-alert")
        return cls(settings.oidc_issuer, settings.oidc_client_id, settings.oidc_client_secret)

    async def write_address(self, trip: Trip, back: str) -> str:
        """Where a person is sent; from there they come `back`. They are asked who they are, even when the provider
        knows them: desks are shared, and signing in here counts as a proof. Raises ProviderAway."""
        address = prepare_grant_uri(
            (await self._describe())["authorization_endpoint"],
            self._client_id,
            "code",
            redirect_uri=back,
            scope="openid",
            state=trip.state,
            nonce=trip.nonce,
            prompt="login",
            max_age="0",
            code_challenge=create_s256_code_challenge(trip.verifier),
            code_challenge_method="S256",
        )
        return str(address)

    async def redeem(self, code: str, trip: Trip, back: str, now: datetime) -> Identity:
        """Who came back with a code. Raises ProviderAway and AnswerRefused."""
        metadata = await self._describe()
        method = "none" if self._client_secret is None else _choose_method(metadata)
        body = prepare_token_request("authorization_code", redirect_uri=back, code=code, code_verifier=trip.verifier)
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        url, headers, body = ClientAuth(self._client_id, self._client_secret, method).prepare(
            "POST", metadata["token_endpoint"], headers, body
        )
        token = await _ask("POST", url, headers, body)
        expected = Expected(self.issuer, self._client_id, trip)
        try:
            return read_identity(token, await self._read_keys(), expected, now)
        except InvalidKeyIdError:
            self._keys = None  # it has new keys, perhaps
        try:
            return read_identity(token, await self._read_keys(), expected, now)
        except InvalidKeyIdError as error:
            raise AnswerRefused(str(error)) from error

    async def _describe(self) -> Mapping[str, Any]:
        if self._metadata is None or self._metadata[0] < time.monotonic() - KEPT_SECONDS:
            said = OpenIDProviderMetadata(await _ask("GET", get_well_known_url(self.issuer, external=True), {}))
            if said.get("issuer") != self.issuer:
                raise ProviderAway(f"CAMPUS_OIDC_ISSUER is {self.issuer}, and there it says {said.get('issuer')}")
            scheme = f"{self.issuer.partition(':')[0]}:"
            if not all(str(said.get(name, "")).startswith(scheme) for name in _ENDPOINTS):
                raise ProviderAway(f"its description lacks one of {', '.join(_ENDPOINTS)}, at {scheme}")
            self._metadata = time.monotonic(), said
        return self._metadata[1]

    async def _read_keys(self) -> KeySet:
        if self._keys is None:
            said = await _ask("GET", (await self._describe())["jwks_uri"], {})
            try:
                self._keys = KeySet.import_key_set({"keys": said["keys"]})
            except (KeyError, ValueError, JoseError) as error:
                raise ProviderAway(f"its keys cannot be read: {error}") from error
        return self._keys


def read_identity(token: Mapping[str, Any], keys: KeySet, expected: Expected, now: datetime) -> Identity:
    """Who an ID token says that somebody is, when all of it holds. Raises AnswerRefused, and InvalidKeyIdError when it
    is signed by a key that is not among these."""
    try:
        decoded = jwt.decode(token["id_token"], keys, algorithms=sorted(_ALGORITHMS))
        options = {
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
        }
        said = {"nonce": expected.trip.nonce, "client_id": expected.client_id, "max_age": 1}
        parameters = said | {"access_token": token.get("access_token")}
        claims = CodeIDToken(decoded.claims, decoded.header, options, parameters)
        claims.validate(int(now.timestamp()), CLOCKS_DIFFER_SECONDS)
    except InvalidKeyIdError:
        raise
    except ExpiredTokenError as error:
        raise ClocksDiffer(str(error)) from error
    except ClaimError as error:
        raise (ClocksDiffer if error.claim in _CLOCK_CLAIMS else AnswerRefused)(str(error)) from error
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise AnswerRefused(str(error) or type(error).__name__) from error
    _require_fresh(claims, expected.trip)
    return Identity(expected.issuer, _read_subject(claims))


def _require_fresh(claims: Mapping[str, Any], trip: Trip) -> None:
    oldest = trip.begun_at - CLOCKS_DIFFER_SECONDS
    if claims["iat"] < oldest:
        raise ClocksDiffer("it was issued before the person was sent there")
    if claims["auth_time"] < oldest:
        raise NotAsked("the person showed who they are before they were sent there")


def _read_subject(claims: Mapping[str, Any]) -> str:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise AnswerRefused("the subject is no name")
    return subject


def _choose_method(metadata: Mapping[str, Any]) -> str:
    offered = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_basic" if "client_secret_basic" in offered else "client_secret_post"


async def _ask(method: str, url: str, headers: Mapping[str, str], body: str | None = None) -> dict[str, Any]:
    """What the provider answers. Raises ProviderAway, and AnswerRefused for what it refuses."""
    try:
        async with httpx.AsyncClient(verify=read_trusted(), timeout=ANSWER_SECONDS) as client:
            answer = await client.request(method, url, headers=dict(headers), content=body)
            said = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderAway(f"{url}: {str(error) or type(error).__name__}") from error
    if not isinstance(said, dict) or answer.status_code >= 500:
        raise ProviderAway(f"{url}: it answers {answer.status_code}")
    if answer.is_error:
        raise AnswerRefused(f"{url}: {said.get('error', answer.status_code)} {said.get('error_description', '')}")
    return said
