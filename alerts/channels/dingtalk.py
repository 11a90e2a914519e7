"""DingTalk: a robot's action card, with a button for each answer."""

from __future__ import annotations

import time

from alerts.channels.channel import Handed, Message
from alerts.channels.exchange import Exchange
from alerts.channels.robots import Faults, read_robot, refuse_code, write_markdown
from alerts.channels.signing import sign_dingtalk

_FAULTS = Faults(
    {300005: "there is no such robot", 400101: "there is no such robot"}, frozenset({130101, 410100, 660026})
)


class DingTalk(Exchange):
    """Robots of DingTalk. It tells nothing of what arrived: taken is delivered."""

    code = "dingtalk"
    confirms = False

    def __init__(self, url: str, secret: str | None = None) -> None:
        super().__init__(url)
        self._secret = secret

    async def send(self, message: Message) -> Handed:
        """Sends the card, signed when the robot has a secret."""
        robot = read_robot(message.address, self._secret)
        query = {"access_token": robot.token}
        if robot.secret:
            now = time.time_ns() // 1_000_000
            query |= {"timestamp": str(now), "sign": sign_dingtalk(robot.secret, now)}
        url = self.url.copy_with(path="/robot/send", params=query)
        refuse_code(await self.post_json(url, _write_card(message)), "errcode", "errmsg", _FAULTS)
        return Handed()


def _write_card(message: Message) -> dict[str, object]:
    if not message.actions:
        return {"msgtype": "markdown", "markdown": {"title": message.title, "text": write_markdown(message)}}
    return {
        "msgtype": "actionCard",
        "actionCard": {
            "title": message.title,
            "text": write_markdown(message),
            "btnOrientation": "0",
            "btns": [{"title": one.label, "actionURL": one.url} for one in message.actions],
        },
    }
