"""Signatures against the examples that the providers publish."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime

from alerts.channels.signing import sign_acs3, sign_tc3, sign_webhook, write_acs3_query


def test_alibaba_clouds_published_example() -> None:
    headers = sign_acs3(
        "POST",
        "ecs.cn-shanghai.aliyuncs.com",
        {"ImageId": "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd", "RegionId": "cn-shanghai"},
        action="RunInstances",
        version="2014-05-26",
        key_id="YourAccessKeyId",
        secret="YourAccessKeySecret",
        nonce="3156853299f313e23d1673dc12e1703d",
        at=datetime(2023, 10, 26, 10, 22, 32, tzinfo=UTC),
    )
    assert headers["Authorization"] == (
        "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,"
        "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,"
        "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0"
    )


def test_what_an_alibaba_query_must_escape() -> None:
    assert write_acs3_query({"b": "a b*c~d/é", "a": "【"}) == "a=%E3%80%90&b=a%20b%2Ac~d%2F%C3%A9"


def test_tencent_clouds_published_example() -> None:
    headers = sign_tc3(
        "cvm.tencentcloudapi.com",
        b'{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}',
        action="DescribeInstances",
        version="2017-03-12",
        region="ap-guangzhou",
        key_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE",
        secret="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        at=datetime.fromtimestamp(1551113065, UTC),
    )
    assert headers["Authorization"] == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        "SignedHeaders=content-type;host, "
        "Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
    )


def test_the_webhooks_signature_covers_time_and_body() -> None:
    said = hmac.new(b"a secret of sixteen", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    assert sign_webhook("a secret of sixteen", 1_700_000_000, b'{"a":1}') == said
