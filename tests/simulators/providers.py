"""Fake providers for a test: strict, so that leaving them says whatever nobody expected."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from alerts.channels.channel import Channel
from alerts.channels.opening import open_channels
from alerts.settings import Settings
from simulators.providers.app import Providers, open_providers
from simulators.providers.plan import ALARM_SMS, MAIL_FROM, NOTICE_SMS, SPOKEN, Plan


@asynccontextmanager
async def strict_providers(plan: Plan | None = None) -> AsyncIterator[Providers]:
    """Fake providers that fail the test when something came that should not have, or that nobody looked at."""
    async with open_providers(plan or Plan()) as providers:
        yield providers
        providers.check()


def settings_for(providers: Providers, cloud: str, **changed: Any) -> Settings:
    """What makes the service use these providers, with SMS and calls by one of the clouds."""
    plan = providers.world.plan
    account = {"key_id": plan.key_id, "key_secret": plan.key_secret, "app_id": plan.app_id, "endpoint": providers.url}
    said = {f"{channel}_{name}": value for channel in ("sms", "voice") for name, value in account.items()}
    said |= {"sms_provider": cloud, "voice_provider": cloud, "voice_template": SPOKEN}
    said |= {"sms_sign_name": plan.sign_name, "sms_template": ALARM_SMS, "sms_notice_template": NOTICE_SMS}
    said |= {f"{robot}_url": providers.url for robot in ("dingtalk", "wecom", "feishu")}
    said |= {"dingtalk_secret": plan.robot_secret, "feishu_secret": plan.robot_secret}
    said |= {"mail_url": providers.mail_url, "mail_from": MAIL_FROM}
    return Settings(**(said | changed))


async def open_by_code(stack: AsyncExitStack, settings: Settings) -> dict[str, Channel]:
    """The channels that these settings switch on."""
    return {channel.code: channel for channel in await open_channels(settings, stack)}
