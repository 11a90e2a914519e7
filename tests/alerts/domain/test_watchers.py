"""Who is told to be at an incident, of all who are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from alerts.domain.watchers import MOST_WATCHERS, Doing, Watcher, gather

TEN = datetime(2026, 3, 2, 10, tzinfo=UTC)


def at(account: str, minute: int, doing: Doing = Doing.LOOKING) -> Watcher:
    return Watcher(account, account.title(), doing, TEN + timedelta(minutes=minute))


def test_a_person_at_two_boards_is_one_since_the_first_and_writes_if_they_do_at_either() -> None:
    both = [at("li", 1), at("wang", 2, Doing.WRITING), at("wang", 0)]
    assert gather(both) == gather(reversed(both)) == [at("wang", 0, Doing.WRITING), at("li", 1)]


def test_of_a_crowd_who_writes_is_told_and_that_there_are_more() -> None:
    crowd = [at(f"p{number:02}", number) for number in range(MOST_WATCHERS + 5)]
    crowd[-1] = at("p24", 24, Doing.WRITING)
    named = [one.account for one in gather(crowd)]
    assert named == ["p24", *(f"p{number:02}" for number in range(MOST_WATCHERS))]
