"""Accounts at the providers of SMS and calls: what it takes to use them, and what is missing when something is."""

from __future__ import annotations

from dataclasses import dataclass

from alerts.channels.channel import ChannelRefused, Message


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """An account at a provider of SMS. `url` replaces the provider's own; `app_id` and `region` are Tencent's."""

    key_id: str
    secret: str
    sign_name: str
    template: str
    notice_template: str | None = None
    app_id: str = ""
    region: str = ""
    url: str | None = None

    def template_for(self, message: Message) -> str:
        """The template for an alarm or a notice. Raises ChannelRefused when there is none for notices."""
        if message.incident is not None:
            return self.template
        if self.notice_template is None:
            raise ChannelRefused("no template for notices: set CAMPUS_SMS_NOTICE_TEMPLATE", final=True)
        return self.notice_template


@dataclass(frozen=True, slots=True)
class VoiceAccount:
    """An account at a provider of calls. `number` is Aliyun's, `app_id` and `region` are Tencent's."""

    key_id: str
    secret: str
    template: str
    number: str | None = None
    app_id: str = ""
    region: str = ""
    url: str | None = None
