"""The rhythm of a simulated day: always the same for one seed, and about as busy as it is told to be."""

from collections import Counter
from itertools import islice, pairwise, takewhile

import pytest

from simulators.city.generator import generate_city
from simulators.devices.rhythm import Deed, Story, list_casts, tell_stories

CITY = generate_city(200, 5)
CASTS = list_casts(CITY)
DAYS = 40
UNDONE = {
    Deed.FALL_SILENT: Deed.SPEAK,
    Deed.LOSE_LINE: Deed.REGAIN_LINE,
    Deed.LOSE_MAINS: Deed.REGAIN_MAINS,
    Deed.OPEN_TAMPER: Deed.CLOSE_TAMPER,
}


def tell(seed: int = 1, presses_per_day: float = 50.0, **more: object) -> list[Story]:
    stories = tell_stories(CASTS, seed, presses_per_day=presses_per_day, **more)
    return list(takewhile(lambda story: story.at_seconds < DAYS * 86_400, stories))


def is_press(story: Story) -> bool:
    return story.steps[0].deed is Deed.PRESS


def test_one_seed_tells_one_story_and_another_seed_another():
    assert tell(1) == tell(1)
    assert tell(1) != tell(2)


def test_stories_begin_in_order_and_happen_at_one_school():
    stories = tell()
    assert all(one.at_seconds <= other.at_seconds for one, other in pairwise(stories))
    schools = {device.code: device.school for device in CITY.devices}
    assert all(schools[step.device] == story.school for story in stories for step in story.steps)


def test_presses_are_as_many_as_asked_for_mostly_tests_and_accidents_and_few_at_night():
    presses = [story for story in tell() if is_press(story)]
    assert len(presses) / DAYS == pytest.approx(50, rel=0.15)
    names = Counter(story.name for story in presses)
    assert names["test"] + names["accident"] > 0.6 * len(presses)
    assert 0.05 * len(presses) < names["emergency"] < 0.2 * len(presses)
    hours = Counter(int(8 + story.at_seconds / 3_600) % 24 for story in presses)
    assert sum(hours[hour] for hour in range(5)) < 0.03 * len(presses)


def test_faults_do_not_depend_on_how_often_people_press():
    assert tell(presses_per_day=0) == [story for story in tell() if not is_press(story)]


def test_whatever_breaks_is_mended():
    for story in tell():
        deeds = [step.deed for step in story.steps]
        for fault, mended in UNDONE.items():
            assert deeds.count(fault) == deeds.count(mended)
        batteries = [step.percent for step in story.steps if step.deed is Deed.SET_BATTERY]
        assert not batteries or batteries[-1] == 100
        assert all(step.after_seconds >= 0 for step in story.steps)


def test_somebody_watching_sees_a_press_at_the_openings():
    first, second = islice((story for story in tell(openings_seconds=(75.0, 20.0)) if is_press(story)), 2)
    assert (first.at_seconds, second.at_seconds) == (20.0, 75.0)
