"""Which provider's callbacks come in for a channel, how they are read, and what the provider wants to hear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alerts.channels import aliyun_callbacks, tencent_callbacks
from alerts.channels.receipts import Callback
from alerts.channels.settings import ChannelSettings


@dataclass(frozen=True, slots=True)
class CallbackForm:
    """How a provider's callback is read (raising CallbackUnreadable), and the JSON that tells it to be content."""

    read: Callable[[bytes], Callback]
    answer: Mapping[str, Any]


_FORMS = {
    ("sms", "aliyun"): CallbackForm(aliyun_callbacks.read_sms_callback, aliyun_callbacks.ANSWER),
    ("voice", "aliyun"): CallbackForm(aliyun_callbacks.read_voice_callback, aliyun_callbacks.ANSWER),
    ("sms", "tencent"): CallbackForm(tencent_callbacks.read_sms_callback, tencent_callbacks.ANSWER),
    ("voice", "tencent"): CallbackForm(tencent_callbacks.read_voice_callback, tencent_callbacks.ANSWER),
}


def find_callback_form(settings: ChannelSettings, channel: str) -> CallbackForm | None:
    """The form for a channel whose provider calls back; None for all others."""
    providers = {"sms": settings.sms_provider, "voice": settings.voice_provider}
    return _FORMS.get((channel, providers.get(channel) or ""))
