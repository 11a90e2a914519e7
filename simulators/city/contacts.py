"""How the city's people are reached: all by SMS and call, those with a desk by mail too, some by a chat's robot."""

from __future__ import annotations

from collections.abc import Iterator

from alerts.domain.registry import Holding, Person, Post, PostKind

_AT_A_DESK = frozenset(
    {
        PostKind.PRINCIPAL,
        PostKind.DISTRICT_DESK,
        PostKind.SUPERVISOR,
        PostKind.CITY_DESK,
        PostKind.HEAD_OF_BUREAU,
    }
)
_MAIL_DOMAIN = "campus.example"  # a name that stands for nobody (RFC 2606), so that no mail can leave
_ROBOTS = ("dingtalk", "wecom", "feishu")
_ROBOT_EVERY = 10  # schools


def list_methods(person: Person, post: Post, holding: Holding, number: int | None) -> Iterator[str]:
    """Contact methods in their order, as the importer reads them; `number` is the school's among all, from 0."""
    yield f"sms:{person.phone}"
    yield f"voice:{person.phone}"
    if post.kind in _AT_A_DESK:
        yield f"mail:{person.code.lower()}@{_MAIL_DOMAIN}"
    is_first_on_duty = post.kind is PostKind.SCHOOL_DUTY and holding.rank == 1
    if is_first_on_duty and number is not None and number % _ROBOT_EVERY == 0:
        yield f"{_ROBOTS[number // _ROBOT_EVERY % len(_ROBOTS)]}:robot-{person.code}"
