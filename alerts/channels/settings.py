"""What the channels are told: which providers there are, and how to sign in to them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

Provider = Literal["aliyun", "tencent"]


class ChannelSettings(BaseSettings):
    """The part of `alerts.settings.Settings` that `docs/channels.md` explains provider by provider."""

    provider_token: SecretStr | None = Field(
        default=None,
        min_length=16,
        description="What providers show when they call back with receipts; without it nobody may call back.",
    )
    webhook_secret: SecretStr | None = Field(
        default=None, min_length=16, description="Signs what the webhook channel posts; without it it is not signed."
    )
    sms_provider: Provider | None = Field(
        default=None, description="Who sends SMS: `aliyun` or `tencent`; without it the channel is off."
    )
    sms_key_id: str | None = Field(default=None, description="The provider's AccessKey ID (Tencent: SecretId).")
    sms_key_secret: SecretStr | None = Field(default=None, description="Its secret.")
    sms_sign_name: str | None = Field(default=None, description="The signature that stands before each SMS.")
    sms_template: str | None = Field(default=None, description="The provider's code of the template for alarms.")
    sms_notice_template: str | None = Field(
        default=None, description="The one for notices and codes; without it they do not go by SMS."
    )
    sms_app_id: str | None = Field(default=None, description="Tencent only: the SMS application's SdkAppId.")
    sms_region: str = Field(default="ap-guangzhou", description="Tencent only: the region.")
    sms_endpoint: str | None = Field(
        default=None, pattern=r"^https?://", description="Another address than the provider's own, such as a proxy's."
    )
    voice_provider: Provider | None = Field(
        default=None, description="Who makes calls: `aliyun` or `tencent`; without it the channel is off."
    )
    voice_key_id: str | None = Field(default=None, description="The provider's AccessKey ID (Tencent: SecretId).")
    voice_key_secret: SecretStr | None = Field(default=None, description="Its secret.")
    voice_template: str | None = Field(default=None, description="The provider's code of the spoken template.")
    voice_number: str | None = Field(default=None, description="Aliyun only: the number that calls, if it is your own.")
    voice_app_id: str | None = Field(default=None, description="Tencent only: the voice application's SdkAppId.")
    voice_region: str = Field(default="ap-guangzhou", description="Tencent only: the region.")
    voice_endpoint: str | None = Field(
        default=None, pattern=r"^https?://", description="Another address than the provider's own, such as a proxy's."
    )
    dingtalk_url: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="`https://oapi.dingtalk.com` switches DingTalk robots on.",
    )
    dingtalk_secret: SecretStr | None = Field(
        default=None, description="The secret of DingTalk robots whose address brings none of its own."
    )
    wecom_url: str | None = Field(
        default=None, pattern=r"^https?://", description="`https://qyapi.weixin.qq.com` switches WeCom robots on."
    )
    feishu_url: str | None = Field(
        default=None, pattern=r"^https?://", description="`https://open.feishu.cn` switches Feishu robots on."
    )
    feishu_secret: SecretStr | None = Field(
        default=None, description="The secret of Feishu robots whose address brings none of its own."
    )
    mail_url: SecretStr | None = Field(
        default=None,
        description="The mail server, `smtps://user:password@host:465` (TLS) or `smtp://…:587` (STARTTLS); without it "
        "the channel is off.",
    )
    mail_from: str | None = Field(default=None, description="Whom mails come from, `alarm@example.cn`.")
    push_private_key: SecretStr | None = Field(
        default=None,
        description="Signs what goes to people's browsers; `python -m alerts push-keys` makes one. Without it the "
        "channel is off. Another one switches every browser off.",
    )
    push_contact: str | None = Field(
        default=None,
        pattern=r"^(mailto:\S+@\S+|https://\S+)$",
        description="Whom push services may ask about it, `mailto:alarm@example.cn`; needed with the key.",
    )
    push_services: str = Field(
        default="fcm.googleapis.com,*.push.services.mozilla.com,*.notify.windows.com,*.push.apple.com",
        pattern=r"^((\*\.)?[a-z0-9.-]+|https?://[a-z0-9.:-]+)(,((\*\.)?[a-z0-9.-]+|https?://[a-z0-9.:-]+))*$",
        description="The push services that may be called, by host; a browser of another one is not taken.",
    )
    apprise_schemes: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]+(,[a-z0-9]+)*$",
        description="Which of Apprise's services may reach people, `tgram,slack`; without it the channel is off.",
    )

    def list_push_services(self) -> tuple[str, ...]:
        """The push services that may be called."""
        return tuple(self.push_services.split(","))
