"""Feishu: a robot's interactive card, with a button for each answer."""

from __future__ import annotations

import time

from alerts.channels.channel import Handed, Message
from alerts.channels.exchange import Exchange
from alerts.channels.robots import Faults, read_robot, refuse_code
from alerts.channels.signing import sign_feishu

_FAULTS = Faults({19001: "there is no such robot", 19020: "there is no such robot"}, frozenset({9499, 11232}))
_LIVE, _PRACTICE = "red", "blue"


class Feishu(Exchange):
    """Robots of Feishu. It tells nothing of what arrived: taken is delivered."""

    code = "feishu"
    confirms = False

    def __init__(self, url: str, secret: str | None = None) -> None:
        super().__init__(url)
        self._secret = secret

    async def send(self, message: Message) -> Handed:
        """Sends the card, signed when the robot has a secret."""
        robot = read_robot(message.address, self._secret)
        body: dict[str, object] = {"msg_type": "interactive", "card": _write_card(message)}
        if robot.secret:
            now = int(time.time())
            body |= {"timestamp": str(now), "sign": sign_feishu(robot.secret, now)}
        url = self.url.copy_with(path=f"/open-apis/bot/v2/hook/{robot.token}")
        refuse_code(await self.post_json(url, body), "code", "msg", _FAULTS)
        return Handed()


def _write_card(message: Message) -> dict[str, object]:
    buttons = [
        {"tag": "button", "type": "primary", "text": {"tag": "plain_text", "content": one.label}, "url": one.url}
        for one in message.actions
    ]
    elements: list[dict[str, object]] = [{"tag": "div", "text": {"tag": "plain_text", "content": message.text}}]
    if buttons:
        elements.append({"tag": "action", "actions": buttons})
    return {
        "header": {
            "template": _LIVE if message.live else _PRACTICE,
            "title": {"tag": "plain_text", "content": message.title},
        },
        "elements": elements,
    }
