"""WeCom: a robot's template card, whose face and lines lead to the answers."""

from __future__ import annotations

from alerts.channels.channel import Handed, Message
from alerts.channels.exchange import Exchange
from alerts.channels.robots import Faults, read_robot, refuse_code, write_markdown

_FAULTS = Faults({93000: "there is no such robot"}, frozenset({45009, 45033}))
_LONGEST_TITLE, _LONGEST_TEXT, _LONGEST_LABEL = 26, 112, 13  # characters, as the card's description says


class WeCom(Exchange):
    """Robots of WeCom. It tells nothing of what arrived: taken is delivered."""

    code = "wecom"
    confirms = False

    async def send(self, message: Message) -> Handed:
        """Sends the card."""
        robot = read_robot(message.address, None)
        url = self.url.copy_with(path="/cgi-bin/webhook/send", params={"key": robot.token})
        refuse_code(await self.post_json(url, _write_card(message)), "errcode", "errmsg", _FAULTS)
        return Handed()


def _write_card(message: Message) -> dict[str, object]:
    if not message.actions:
        return {"msgtype": "markdown", "markdown": {"content": write_markdown(message)}}
    return {
        "msgtype": "template_card",
        "template_card": {
            "card_type": "text_notice",
            "main_title": {"title": message.title[:_LONGEST_TITLE]},
            "sub_title_text": message.text[:_LONGEST_TEXT],
            "jump_list": [
                {"type": 1, "title": one.label[:_LONGEST_LABEL], "url": one.url} for one in message.actions[:3]
            ],
            "card_action": {"type": 1, "url": message.actions[0].url},
        },
    }
