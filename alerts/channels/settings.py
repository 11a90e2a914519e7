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
    apprise_schemes: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]+(,[a-z0-9]+)*$",
        description="Which of Apprise's services may reach people, `tgram,slack`; without it the channel is off.",
    )
