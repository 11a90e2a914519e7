"""A city's coming week is proved quickly, and what was left out of its rosters is found, no more and no less."""

from __future__ import annotations

from pathlib import Path

from simulators.city.generator import generate_city
from simulators.demo.preparation import Preparation
from tests.bench.coverage import measure_coverage, measure_failing_coverage
from tests.bench.parts import SECRETS

SCHOOLS = 200
BOUND_SECONDS = 30  # for a seventeenth of the city; the whole of it is to take less than 60 on a machine of its own
FAILING_SCHOOLS = 60
FAILING_BOUND_SECONDS = 10  # of CPU; pressing at each instant at which something changes takes minutes


def test_a_city_is_proved_quickly_and_each_night_that_was_left_out_is_found(database_url: str, tmp_path: Path) -> None:
    Preparation(tmp_path, database_url, SECRETS).import_city(generate_city(SCHOOLS, seed=1))
    figures = measure_coverage(database_url)
    assert figures.schools == SCHOOLS
    assert figures.schools_with_holes == figures.holes == SCHOOLS // 50, "a fiftieth misses a night of both posts"
    assert figures.seconds < BOUND_SECONDS


def test_a_city_in_which_nearly_nobody_can_be_reached_is_proved_quickly_too(database_url: str, tmp_path: Path) -> None:
    """Most of its presses have to be followed step by step, and nearly every person is a reason of their own."""
    Preparation(tmp_path, database_url, SECRETS).import_city(generate_city(FAILING_SCHOOLS, seed=1))
    figures = measure_failing_coverage(database_url)
    assert figures.schools == FAILING_SCHOOLS
    assert figures.schools_with_holes >= FAILING_SCHOOLS * 9 // 10
    assert figures.cpu_seconds < FAILING_BOUND_SECONDS
