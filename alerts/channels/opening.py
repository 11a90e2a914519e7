"""Opens the channels for which there are settings, and says what is missing when some are half set."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from pydantic import SecretStr

from alerts.channels.aliyun import AliyunSms, AliyunVoice
from alerts.channels.channel import Channel
from alerts.channels.dingtalk import DingTalk
from alerts.channels.feishu import Feishu
from alerts.channels.log import LogChannel
from alerts.channels.mail import MailChannel, read_mail_url
from alerts.channels.providers import SmsAccount, VoiceAccount
from alerts.channels.push import PushChannel
from alerts.channels.tencent import TencentSms, TencentVoice
from alerts.channels.webhook import WebhookChannel
from alerts.channels.webpush import Sender
from alerts.channels.wecom import WeCom
from alerts.settings import SettingMissing, Settings
from alerts.storage.database import Database


async def open_channels(settings: Settings, stack: AsyncExitStack, database: Database | None = None) -> list[Channel]:
    """All channels that are set; the log is the one while there is no other. They are closed with the stack. People's
    browsers are in the database: without one they are not called.

    Raises SettingMissing, SettingUnusable and MailUrlInvalid.
    """
    made = _make_channels(settings)
    if database is not None and (sender := Sender.open(settings)) is not None:
        made.append(PushChannel(database, sender, settings.list_push_services()))
    channels: list[Channel] = []
    for channel in made:
        channels.append(await stack.enter_async_context(channel) if hasattr(channel, "__aenter__") else channel)
    return channels or [LogChannel()]


def _make_channels(settings: Settings) -> list[Any]:
    channels: list[Any] = []
    if settings.webhook_url:
        channels.append(WebhookChannel(settings.webhook_url, _reveal(settings.webhook_secret)))
    if settings.sms_provider:
        channels.append(_make_sms(settings))
    if settings.voice_provider:
        channels.append(_make_voice(settings))
    if settings.dingtalk_url:
        channels.append(DingTalk(settings.dingtalk_url, _reveal(settings.dingtalk_secret)))
    if settings.wecom_url:
        channels.append(WeCom(settings.wecom_url))
    if settings.feishu_url:
        channels.append(Feishu(settings.feishu_url, _reveal(settings.feishu_secret)))
    if settings.mail_url:
        server = read_mail_url(settings.mail_url.get_secret_value())
        channels.append(MailChannel(server, _need(settings, "mail_from", "alarm@example.cn")))
    if settings.apprise_schemes:
        # Loads more than a hundred services, which nobody needs who does not ask for them.
        from alerts.channels.apprise import AppriseChannel

        channels.append(AppriseChannel(settings.apprise_schemes.split(",")))
    return channels


def _make_sms(settings: Settings) -> Channel:
    tencent = settings.sms_provider == "tencent"
    account = SmsAccount(
        key_id=_need(settings, "sms_key_id", "LTAI5tEXAMPLE"),
        secret=_need(settings, "sms_key_secret", "SECRET"),
        sign_name=_need(settings, "sms_sign_name", "校园报警"),
        template=_need(settings, "sms_template", "SMS_123456789"),
        notice_template=settings.sms_notice_template,
        app_id=_need(settings, "sms_app_id", "1400006666") if tencent else "",
        region=settings.sms_region,
        url=settings.sms_endpoint,
    )
    return TencentSms(account) if tencent else AliyunSms(account)


def _make_voice(settings: Settings) -> Channel:
    tencent = settings.voice_provider == "tencent"
    account = VoiceAccount(
        key_id=_need(settings, "voice_key_id", "LTAI5tEXAMPLE"),
        secret=_need(settings, "voice_key_secret", "SECRET"),
        template=_need(settings, "voice_template", "TTS_123456789"),
        number=settings.voice_number,
        app_id=_need(settings, "voice_app_id", "1400006666") if tencent else "",
        region=settings.voice_region,
        url=settings.voice_endpoint,
    )
    return TencentVoice(account) if tencent else AliyunVoice(account)


def _need(settings: Settings, field: str, example: str) -> str:
    value = _reveal(getattr(settings, field))
    if not value:
        raise SettingMissing(f"CAMPUS_{field.upper()}", example)
    return value


def _reveal(value: SecretStr | str | None) -> str | None:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
