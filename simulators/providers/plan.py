"""What the fake providers know of their customer, and how they behave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote

from simulators.chance import make_random


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a channel behaves. Shares are from 0 to 1 and are drawn from a seed.

    Of what is asked, `drop_share` ends in a cut connection, `refuse_share` is not taken now, and `reject_share` never
    will be: the number is on a black list, the robot is gone, the mailbox is not there. With `stumble_share` it is
    taken and not said so, which makes a careful sender send it twice. Of what was taken, `fail_share` does not arrive;
    receipts are lost with `lose_share`, and come twice with `double_share`. Where there are no receipts, what comes
    twice is the card or mail itself.
    """

    answer_seconds: float = 0.0
    receipt_seconds: float = 0.05
    drop_share: float = 0.0
    refuse_share: float = 0.0
    reject_share: float = 0.0
    stumble_share: float = 0.0
    fail_share: float = 0.0
    lose_share: float = 0.0
    double_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Answering:
    """How people with these telephones answer by themselves: a share of them, after some seconds, give or take half."""

    share: float = 0.0
    seconds: float = 8.0


MAIL_FROM = "校园报警 <alarm@campus.example>"
ALARM_SMS, NOTICE_SMS, SPOKEN = "SMS_ALARM", "SMS_NOTICE", "TTS_ALARM"
TEMPLATES: Mapping[str, str] = {
    ALARM_SMS: "${what},${since}起。${answer}",
    NOTICE_SMS: "${title}:${text}",
    SPOKEN: "${what}。${since}起。接警请按1,正在赶往请按2。Press 1 to take it, 2 if you are on your way.",
}
"""The templates as the customer registered them; docs/channels.md says how. Tencent's number the same variables."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The customer's accounts, and where receipts go. Without `callback_url` (`http://board:8080`) none are sent."""

    key_id: str = "LTAI-demo"
    key_secret: str = "a-secret-of-the-demo"  # noqa: S105
    sign_name: str = "校园报警"
    app_id: str = "1400000001"
    robot_secret: str = "a-robots-secret"  # noqa: S105
    mail_user: str = "alarm"
    mail_password: str = "p@ss word"  # noqa: S105 - with signs that a URL must escape
    callback_url: str | None = None
    callback_token: str = ""
    seed: int = 1
    answering: Answering = field(default_factory=Answering)


def write_mail_url(plan: Plan, port: int) -> str:
    """What CAMPUS_MAIL_URL is set to for a mail server on this machine."""
    return f"smtp://{quote(plan.mail_user)}:{quote(plan.mail_password)}@127.0.0.1:{port}"


def write_settings(plan: Plan, url: str, mail_port: int) -> dict[str, str]:
    """What the engine and the dashboard are told so that they use these providers: the `CAMPUS_*` variables."""
    return {
        "CAMPUS_SMS_PROVIDER": "aliyun",
        "CAMPUS_SMS_KEY_ID": plan.key_id,
        "CAMPUS_SMS_KEY_SECRET": plan.key_secret,
        "CAMPUS_SMS_SIGN_NAME": plan.sign_name,
        "CAMPUS_SMS_TEMPLATE": ALARM_SMS,
        "CAMPUS_SMS_NOTICE_TEMPLATE": NOTICE_SMS,
        "CAMPUS_SMS_ENDPOINT": url,
        "CAMPUS_VOICE_PROVIDER": "aliyun",
        "CAMPUS_VOICE_KEY_ID": plan.key_id,
        "CAMPUS_VOICE_KEY_SECRET": plan.key_secret,
        "CAMPUS_VOICE_TEMPLATE": SPOKEN,
        "CAMPUS_VOICE_ENDPOINT": url,
        "CAMPUS_DINGTALK_URL": url,
        "CAMPUS_DINGTALK_SECRET": plan.robot_secret,
        "CAMPUS_WECOM_URL": url,
        "CAMPUS_FEISHU_URL": url,
        "CAMPUS_FEISHU_SECRET": plan.robot_secret,
        "CAMPUS_MAIL_URL": write_mail_url(plan, mail_port),
        "CAMPUS_MAIL_FROM": MAIL_FROM,
        "CAMPUS_PROVIDER_TOKEN": plan.callback_token,
    }


class Fortune:
    """The seeded dice of one run, one die a purpose, so that one purpose does not move another."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._dice: dict[str, Random] = {}

    def strikes(self, purpose: str, share: float) -> bool:
        """Whether it happens this time."""
        return share > 0 and self._die(purpose).random() < share

    def around(self, purpose: str, seconds: float) -> float:
        """A believable time, give or take half."""
        return seconds * self._die(purpose).uniform(0.5, 1.5)

    def _die(self, purpose: str) -> Random:
        return self._dice.setdefault(purpose, make_random(self._seed, f"providers {purpose}"))
