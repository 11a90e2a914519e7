"""How providers want requests signed. Each function is the provider's own published recipe; time and nonce come from
outside."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import quote


def sign_acs3(
    method: str,
    host: str,
    query: Mapping[str, str],
    *,
    action: str,
    version: str,
    key_id: str,
    secret: str,
    nonce: str,
    at: datetime,
) -> dict[str, str]:
    """The headers of a request to Alibaba Cloud in the RPC style (signature version 3, ACS3-HMAC-SHA256): parameters in
    the query, an empty body."""
    body = hashlib.sha256(b"").hexdigest()
    headers = {
        "host": host,
        "x-acs-action": action,
        "x-acs-content-sha256": body,
        "x-acs-date": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "x-acs-signature-nonce": nonce,
        "x-acs-version": version,
    }
    signed = ";".join(sorted(headers))
    lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
    canonical = "\n".join([method, "/", write_acs3_query(query), lines, signed, body])
    said = f"ACS3-HMAC-SHA256\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.digest(secret.encode(), said.encode(), "sha256").hex()
    authorization = f"ACS3-HMAC-SHA256 Credential={key_id},SignedHeaders={signed},Signature={signature}"
    return headers | {"Authorization": authorization}


def write_acs3_query(query: Mapping[str, str]) -> str:
    """The query as it is signed and sent: sorted, and encoded as RFC 3986 says."""
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query.items()))


def sign_tc3(
    host: str, body: bytes, *, action: str, version: str, region: str, key_id: str, secret: str, at: datetime
) -> dict[str, str]:
    """The headers of a JSON request to Tencent Cloud (TC3-HMAC-SHA256). The service is the host's first word."""
    service, seconds, day = host.partition(".")[0], int(at.timestamp()), at.astimezone(UTC).strftime("%Y-%m-%d")
    signed = {"content-type": "application/json; charset=utf-8", "host": host}
    names = ";".join(signed)
    lines = "".join(f"{name}:{value}\n" for name, value in signed.items())
    canonical = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()])
    scope = f"{day}/{service}/tc3_request"
    said = f"TC3-HMAC-SHA256\n{seconds}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = f"TC3{secret}".encode()
    for word in (day, service, "tc3_request"):
        key = hmac.digest(key, word.encode(), "sha256")
    signature = hmac.digest(key, said.encode(), "sha256").hex()
    return {
        "Content-Type": signed["content-type"],
        "Host": host,
        "X-TC-Action": action,
        "X-TC-Version": version,
        "X-TC-Region": region,
        "X-TC-Timestamp": str(seconds),
        "Authorization": f"TC3-HMAC-SHA256 Credential={key_id}/{scope}, SignedHeaders={names}, Signature={signature}",
    }


def sign_dingtalk(secret: str, milliseconds: int) -> str:
    """The `sign` of a DingTalk robot's address."""
    said = f"{milliseconds}\n{secret}"
    return base64.b64encode(hmac.digest(secret.encode(), said.encode(), "sha256")).decode()


def sign_feishu(secret: str, seconds: int) -> str:
    """The `sign` in a message to a Feishu robot: the text is the key, and nothing is what is signed."""
    return base64.b64encode(hmac.digest(f"{seconds}\n{secret}".encode(), b"", "sha256")).decode()


def sign_webhook(secret: str, seconds: int, body: bytes) -> str:
    """The `X-Campus-Signature` of a message that the webhook channel posts."""
    return hmac.digest(secret.encode(), f"{seconds}.".encode() + body, "sha256").hex()
