"""Robots of a chat: what DingTalk, WeCom and Feishu have in common.

The address of such a contact method is the robot's own token, with `#` and its secret when it has one: a robot stands
in a chat with one person, or with the few who share a watch. No robot takes an idempotency key; a message that is sent
twice is read twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from alerts.channels.channel import ChannelRefused, Message
from alerts.channels.exchange import without_numbers


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot that speaks in a chat."""

    token: str
    secret: str | None


def read_robot(address: str, usual_secret: str | None) -> Robot:
    """The robot that an address names."""
    token, _, secret = address.partition("#")
    return Robot(token, secret or usual_secret)


def write_markdown(message: Message) -> str:
    """A message as Markdown, without its answers."""
    return f"### {message.title}\n\n{message.text}"


@dataclass(frozen=True, slots=True)
class Faults:
    """Which of a provider's codes mean that the robot is gone, and which that it is asked too often."""

    gone: Mapping[int, str]
    too_often: frozenset[int]


def refuse_code(said: Mapping[str, Any], code_field: str, text_field: str, faults: Faults) -> None:
    """Raises ChannelRefused unless the answer's code is 0."""
    code = said.get(code_field)
    if code == 0:
        return
    if isinstance(code, int) and code in faults.gone:
        raise ChannelRefused(f"{code}: {faults.gone[code]}", final=True, address_fault=True)
    reason = f"{code}: {without_numbers(str(said.get(text_field) or ''))}"
    raise ChannelRefused(reason, retry_after_seconds=60.0 if code in faults.too_often else None)
