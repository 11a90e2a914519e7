"""What a press says, and how much of it can be believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.domain.presses import Category, Kind, Mode, Problem, category_of, read_press, settle_mode

NOW = datetime(2026, 9, 1, 7, 30, tzinfo=UTC)


def test_an_empty_payload_is_a_live_panic_press_with_nothing_wrong() -> None:
    reading = read_press(b"", NOW)
    assert (reading.kind, reading.mode_said, reading.problems) == (Kind.PANIC, Mode.LIVE, ())
    assert reading.identity is None


@pytest.mark.parametrize(
    ("payload", "identity", "name"),
    [
        (b'{"id":"a1","boot":"b","seq":3,"at":"2026-09-01T07:30:00Z"}', "id:a1", "a1"),
        (b'{"boot":"b","seq":3,"at":"2026-09-01T07:30:00Z"}', "seq:b:3", "b:3"),
        (b'{"boot":7,"seq":3}', "seq:7:3", "7:3"),
        (b'{"boot":"b","at":"2026-09-01T07:30:00Z"}', "at:2026-09-01T07:30:00Z", "2026-09-01T07:30:00Z"),
        (b'{"seq":3}', None, None),
        (b"{}", None, None),
    ],
)
def test_a_press_is_told_from_another_by_id_else_boot_and_seq_else_at(
    payload: bytes, identity: str | None, name: str | None
) -> None:
    reading = read_press(payload, NOW)
    assert (reading.identity, reading.name) == (identity, name)


@pytest.mark.parametrize(
    ("payload", "problem"),
    [
        (b"{", Problem.NOT_JSON),
        (b"\xff\xfe", Problem.NOT_JSON),
        (b"[1]", Problem.NOT_OBJECT),
        (b'"help"', Problem.NOT_OBJECT),
        (b'{"id":5}', Problem.BAD_ID),
        (b'{"id":""}', Problem.BAD_ID),
        (msgspec.json.encode({"id": "x" * 65}), Problem.BAD_ID),
        (b'{"id":"a\\u0000b"}', Problem.BAD_ID),
        (b'{"boot":[],"seq":1}', Problem.BAD_BOOT),
        (b'{"boot":"b","seq":"one"}', Problem.BAD_SEQ),
        (b'{"kind":3}', Problem.BAD_KIND),
        (b'{"mode":"practice"}', Problem.BAD_MODE),
        (b'{"mode":1}', Problem.BAD_MODE),
        (b'{"at":"yesterday"}', Problem.BAD_AT),
        (b'{"at":"2026-09-01T07:30:00"}', Problem.BAD_AT),
        (b'{"at":1756712000}', Problem.BAD_AT),
        (b'{"at":"9999-12-31T23:59:59-23:59"}', Problem.BAD_AT),
        (b'{"at":"2026-09-01T07:30:05Z"}', Problem.FUTURE),
        (b'{"x":"' + b"y" * 5000 + b'"}', Problem.TOO_LARGE),
    ],
)
def test_what_is_wrong_with_a_press_is_named(payload: bytes, problem: Problem) -> None:
    assert problem in read_press(payload, NOW).problems


def test_a_word_that_nobody_knows_counts_as_other_and_is_kept_as_said() -> None:
    reading = read_press('{"kind":"疯狗"}'.encode(), NOW)
    assert (reading.kind, reading.kind_said, reading.problems) == (Kind.OTHER, "疯狗", ())


def test_a_press_is_late_when_it_is_older_than_a_minute_on_arrival() -> None:
    def late(age: timedelta) -> bool:
        return read_press(msgspec.json.encode({"at": NOW - age}), NOW).late

    assert not late(timedelta(seconds=60))
    assert late(timedelta(seconds=61))


def test_only_an_announced_window_makes_a_press_a_test_or_a_drill() -> None:
    assert settle_mode(Mode.TEST, frozenset()) == (Mode.LIVE, True)
    assert settle_mode(Mode.TEST, frozenset({Mode.DRILL})) == (Mode.LIVE, True)
    assert settle_mode(Mode.TEST, frozenset({Mode.TEST})) == (Mode.TEST, False)
    assert settle_mode(Mode.LIVE, frozenset({Mode.TEST})) == (Mode.LIVE, False)


def test_fire_and_medical_stand_alone_and_all_else_is_security() -> None:
    assert {kind: category_of(kind) for kind in Kind} == {
        Kind.PANIC: Category.SECURITY,
        Kind.VIOLENCE: Category.SECURITY,
        Kind.INTRUDER: Category.SECURITY,
        Kind.OTHER: Category.SECURITY,
        Kind.FIRE: Category.FIRE,
        Kind.MEDICAL: Category.MEDICAL,
    }


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = st.dictionaries(st.sampled_from(["id", "boot", "seq", "at", "kind", "mode", "x"]), _JSON)


@given(st.binary(max_size=300) | _FIELDS.map(msgspec.json.encode))
def test_no_payload_whatsoever_is_refused(payload: bytes) -> None:
    reading = read_press(payload, NOW)
    assert reading.kind in Kind
    assert reading.identity is None or ("\0" not in reading.identity and len(reading.identity) <= 210)
