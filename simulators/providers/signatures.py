"""Checks signatures as the providers' own pages tell their customers to make them; written apart from the service's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote

_OLDEST = timedelta(minutes=15)


class SignatureRefused(Exception):
    """The signature is not what it should be; the message says why."""


def check_aliyun(method: str, query: str, headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> None:
    """Alibaba Cloud's version 3: every `x-acs-` header and the host are signed, and the instant is recent."""
    found = re.fullmatch(
        r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
        headers.get("authorization", ""),
    )
    if found is None:
        raise SignatureRefused("Authorization is not of ACS3-HMAC-SHA256")
    key_id, names, signature = found.groups()
    signed = names.split(";")
    owed = {name for name in headers if name.startswith("x-acs-")} | {"host"}
    if signed != sorted(signed) or not owed <= set(signed):
        raise SignatureRefused(f"SignedHeaders must be sorted and hold {sorted(owed)}")
    if headers.get("x-acs-content-sha256") != hashlib.sha256(body).hexdigest():
        raise SignatureRefused("x-acs-content-sha256 is not the digest of the body")
    _check_age(datetime.strptime(headers.get("x-acs-date", ""), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC))
    pairs = sorted(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    canonical = [method, "/", "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)]
    canonical += [f"{name}:{headers[name].strip()}" for name in signed]
    canonical += ["", names, headers["x-acs-content-sha256"]]
    said = "ACS3-HMAC-SHA256\n" + hashlib.sha256("\n".join(canonical).encode()).hexdigest()
    _compare(signature, _hmac(_secret_of(key_id, secrets).encode(), said).hex())


def check_tencent(headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str]) -> None:
    """Tencent Cloud's version 3: at least the content type and the host are signed."""
    found = re.fullmatch(
        r"TC3-HMAC-SHA256 Credential=([^/]+)/(\d{4}-\d\d-\d\d)/(\w+)/tc3_request, SignedHeaders=([^,]+), "
        r"Signature=([0-9a-f]{64})",
        headers.get("authorization", ""),
    )
    if found is None:
        raise SignatureRefused("Authorization is not of TC3-HMAC-SHA256")
    key_id, day, service, names, signature = found.groups()
    at = datetime.fromtimestamp(int(headers.get("x-tc-timestamp", "0")), UTC)
    _check_age(at)
    if at.strftime("%Y-%m-%d") != day:
        raise SignatureRefused("the day of the credential is not that of X-TC-Timestamp")
    if not {"content-type", "host"} <= set(names.split(";")):
        raise SignatureRefused("content-type and host must be signed")
    lines = "".join(f"{name}:{headers[name].strip().lower()}\n" for name in names.split(";"))
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    said = f"TC3-HMAC-SHA256\n{headers['x-tc-timestamp']}\n{day}/{service}/tc3_request\n{digest}"
    key = _hmac(_hmac(_hmac(f"TC3{_secret_of(key_id, secrets)}".encode(), day), service), "tc3_request")
    _compare(signature, _hmac(key, said).hex())


def check_dingtalk(query: Mapping[str, str], secret: str) -> None:
    """A DingTalk robot's `timestamp` (milliseconds, at most an hour old) and `sign`."""
    stamp = query.get("timestamp", "")
    if not stamp.isdecimal():
        raise SignatureRefused("no timestamp")
    _check_age(datetime.fromtimestamp(int(stamp) / 1000, UTC))
    _compare(query.get("sign", ""), base64.b64encode(_hmac(secret.encode(), f"{stamp}\n{secret}")).decode())


def check_feishu(body: Mapping[str, object], secret: str) -> None:
    """A Feishu robot's `timestamp` (seconds) and `sign`: an HMAC of nothing under both of them."""
    stamp = str(body.get("timestamp", ""))
    if not stamp.isdecimal():
        raise SignatureRefused("no timestamp")
    _check_age(datetime.fromtimestamp(int(stamp), UTC))
    _compare(str(body.get("sign", "")), base64.b64encode(_hmac(f"{stamp}\n{secret}".encode(), "")).decode())


def _secret_of(key_id: str, secrets: Mapping[str, str]) -> str:
    if key_id not in secrets:
        raise SignatureRefused(f"no such key: {key_id}")
    return secrets[key_id]


def _check_age(at: datetime) -> None:
    if abs(datetime.now(UTC) - at) > _OLDEST:
        raise SignatureRefused("the instant is not recent")


def _compare(given: str, wanted: str) -> None:
    if not hmac.compare_digest(given, wanted):
        raise SignatureRefused("the signature does not match")


def _hmac(key: bytes, said: str) -> bytes:
    return hmac.new(key, said.encode(), hashlib.sha256).digest()
