"""Passwords that nobody may have."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from alerts.domain.passwords import LONGEST, Weakness, find_weakness

OWN = ("zhao.wei", "赵师傅", "QD020001", "青岛第一小学")


@pytest.mark.parametrize(
    ("password", "weakness"),
    [
        ("Tr0ub4dor&3", Weakness.SHORT),
        ("密码太短了", Weakness.SHORT),
        ("long " * 26, Weakness.LONG),
        ("password12345", Weakness.COMMON),
        ("P@ssw0rd1234", Weakness.COMMON),
        ("woaini1314520", Weakness.COMMON),
        ("1qaz2wsx3edc4rfv", Weakness.COMMON),
        ("correct-horse", Weakness.COMMON),
        ("zxcvbnm,./asdf", Weakness.KEYS),
        ("aaaaaaaaaaaaaaaa", Weakness.REPEATED),
        ("赵赵赵赵赵赵赵赵赵赵赵赵", Weakness.REPEATED),
        ("abcdefghijklmnop", Weakness.REPEATED),
        ("19851123-20011123", Weakness.DATED),
        ("QD020001-zhao", Weakness.OWN),
        ("青岛第一小学赵师傅2026", Weakness.OWN),
        ("campus-alert-1", Weakness.OWN),
        ("correct horse battery staple", None),
        ("春眠不觉晓，处处闻啼鸟。夜来", None),
        ("kt7m-w3hx-p9ra-2sfe", None),
        ("🔔 three bells and a gate", None),
        (" blanks are characters ", None),
    ],
)
def test_a_password_is_judged_by_how_easily_it_is_guessed_and_not_by_kinds_of_characters(
    password: str, weakness: Weakness | None
) -> None:
    assert find_weakness(password, OWN) is weakness


def test_what_one_person_is_called_is_no_weakness_of_another() -> None:
    assert find_weakness("QD020001-zhao", OWN) is Weakness.OWN
    assert find_weakness("QD020001-zhao") is None


def test_no_password_takes_long_to_judge() -> None:
    """Written so that the library tries each spelling of each part of it."""
    worst = ("4@8({[<369!1|7$50+%2" * 7)[:LONGEST]
    began = time.process_time()
    find_weakness(worst, OWN)
    assert time.process_time() - began < 4


def test_the_words_are_only_loaded_where_a_password_is_set() -> None:
    told = "import sys, alerts.sessions, alerts.accounts; print('zxcvbn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True).stdout == "False\n"
