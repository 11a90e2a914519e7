"""What the brokers are told about users: the text itself, and that the brokers' own tools agree with it."""

import json
import shutil
import subprocess
from pathlib import Path

import bcrypt
import pytest

from gateway.credentials import (
    SERVICE_USER,
    Credential,
    CredentialError,
    Login,
    hash_for_mosquitto,
    hash_for_nats,
    hash_logins,
    read_logins,
    render_mosquitto_acl,
    render_mosquitto_passwords,
    render_nats_authorization,
)
from tests.conftest import miss_part

SERVICE = Credential(SERVICE_USER, "hash of the service")


def test_logins_are_read_from_csv_with_and_without_a_header():
    rows = ["QD-1-01,first", '"QD-1-02","with, comma"', ""]
    expected = [Login("QD-1-01", "first"), Login("QD-1-02", "with, comma")]
    assert read_logins(rows) == expected
    assert read_logins(["code,password", *rows]) == expected


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("QD-1-01", "CODE,PASSWORD"),
        ("QD-1-01,a,b", "CODE,PASSWORD"),
        ("QD-1-01,", "password is empty"),
        ("QD/1,secret", "A-Z a-z 0-9"),
        ("gateway,secret", "service's own"),
    ],
)
def test_a_line_that_is_no_login_is_told_with_its_number(line: str, told: str):
    with pytest.raises(CredentialError, match=f"line 2: .*{told}"):
        read_logins(["QD-1-02,fine", line])


def test_a_password_shared_by_many_devices_is_hashed_once():
    logins = [Login(f"QD-{number}", "shared") for number in range(3)] + [Login("QD-9", "own")]
    credentials = hash_logins(logins, hash_for_nats)
    assert [one.name for one in credentials] == [one.name for one in logins]
    assert len({one.password_hash for one in credentials}) == 2
    for login, credential in zip(logins, credentials, strict=True):
        assert bcrypt.checkpw(login.password.encode(), credential.password_hash.encode())


def test_a_password_that_bcrypt_would_cut_is_refused():
    with pytest.raises(CredentialError, match="72"):
        hash_for_nats("长" * 25)


def test_nats_is_told_what_a_device_may_say_and_hear():
    text = render_nats_authorization(SERVICE, [Credential("QD-1-01", "hash")])
    users = json.loads(text.removeprefix("authorization: "))["users"]
    assert [user["user"] for user in users] == [SERVICE_USER, "QD-1-01"]
    assert {tuple(user["allowed_connection_types"]) for user in users} == {("MQTT",)}
    assert users[0]["permissions"] == {
        "publish": ["campus.v1.*.*.*.receipt", "campus.v1.*.*.*.command"],
        "subscribe": ["campus.v1", "campus.v1.>"],
    }
    said = users[1]["permissions"]["publish"]
    assert {subject.rsplit(".", 1)[0] for subject in said} == {"campus.v1.*.*.QD-1-01"}
    assert [subject.rsplit(".", 1)[1] for subject in said] == [
        "press", "cancel", "state", "beat", "gate", "visit", "post", "output",
    ]  # fmt: skip
    assert users[1]["permissions"]["subscribe"] == [
        "campus.v1.*.*.QD-1-01.receipt",
        "campus.v1.*.*.QD-1-01.command",
    ]


def test_mosquitto_is_told_the_same_by_patterns():
    rules = render_mosquitto_acl().splitlines()
    assert rules[:4] == [
        "user gateway",
        "topic read campus/v1/#",
        "topic write campus/v1/+/+/+/receipt",
        "topic write campus/v1/+/+/+/command",
    ]
    assert "pattern write campus/v1/+/+/%u/press" in rules
    assert "pattern read campus/v1/+/+/%u/receipt" in rules
    assert "pattern write campus/v1/+/+/%u/receipt" not in rules


def test_mosquittos_own_tool_reads_our_password_file(tmp_path: Path):
    tool = shutil.which("mosquitto_passwd")
    if tool is None:
        miss_part("mosquitto_passwd is not installed")
    file = tmp_path / "passwords"
    file.write_text(render_mosquitto_passwords(SERVICE, [Credential("QD-1-01", hash_for_mosquitto("secret"))]))
    before = file.read_text()
    subprocess.run([tool, "-b", file, "QD-1-02", "another"], check=True, capture_output=True)
    assert file.read_text().startswith(before)
