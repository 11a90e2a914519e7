"""`python -m simulators providers`: the fake providers until somebody ends them."""

from __future__ import annotations

import asyncio

from rich.console import Console

from simulators.providers.app import open_providers
from simulators.providers.plan import ALARM_SMS, NOTICE_SMS, SPOKEN, Plan


def write_settings(plan: Plan, url: str) -> dict[str, str]:
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
        "CAMPUS_PROVIDER_TOKEN": plan.callback_token,
    }


async def run_providers(plan: Plan, port: int, console: Console) -> None:
    """Runs until it is cancelled."""
    async with open_providers(plan, port=port) as providers:
        console.print(f"fake phones: {providers.url}/", soft_wrap=True)
        for name, value in write_settings(plan, providers.url).items():
            console.print(f"{name}={value}", soft_wrap=True)
        await asyncio.Event().wait()
