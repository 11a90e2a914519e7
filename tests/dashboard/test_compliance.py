"""What is known of the rules over HTTP: figures, every school and rule, why, on which evidence, as it was recorded."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from alerts.accounts import save_token
from alerts.domain.compliance.catalogue import RULES, list_rules
from alerts.domain.compliance.rules import Group
from alerts.domain.compliance.verdicts import Judgement, Reference, ReferenceKind, Verdict, say
from alerts.domain.rights import Right
from alerts.engine.closing import close_due
from alerts.engine.compliance import ComplianceJudge
from alerts.storage.accounts import Account
from tests.alerts.compliance.standing import close_day, let_stand, open_breach, today
from tests.dashboard.board import OPERATOR_TOKEN, READER_TOKEN, Dashboard
from tests.dashboard.test_registry import read
from tests.dashboard.test_rights import slug_of

CLOSED = [rule.code for rule in list_rules(Group.CLOSED)]
ALL_MET = dict.fromkeys(CLOSED, Verdict.MET)
OPEN_GATE = Judgement(
    Verdict.NOT_MET,
    (say("gate_open", device="S1-GATE", since="2026-11-23T02:00:00+00:00", until="2026-11-23T02:05:00+00:00"),),
    (
        Reference(ReferenceKind.EVIDENCE, "2026-11-23/S1-GATE/gate/g 1"),
        Reference(ReferenceKind.DEVICE, "S1-GATE"),
        Reference(ReferenceKind.WINDOW, "3"),
    ),
    (say("close_gate"),),
)


def tally(**counts: int) -> dict[str, int]:
    return dict.fromkeys(("met", "not_met", "unknown", "declared", "not_applicable"), 0) | counts


async def test_a_city_that_nobody_judged_is_unknown_and_nothing_is_met(dashboard: Dashboard) -> None:
    page = await read(dashboard, "/compliance")
    assert (page["at"], page["closed"], page["on"]) == (None, False, str(today(dashboard.story.database)))
    assert page["city"]["schools"] == 3
    assert {str(one) for one in page["city"]["groups"].values()} == {str(tally(unknown=3))}
    assert [(one["key"], one["name"], one["schools"]) for one in page["lines"]] == [
        ("370202", "市南区", 2),
        ("370203", "市北区", 1),
    ]
    assert set(page["city"]["rules"]) == {rule.code for rule in RULES}


async def test_the_hundred_is_met_where_every_rule_is_and_told_by_place(dashboard: Dashboard) -> None:
    verdicts = {"S1": ALL_MET, "S2": ALL_MET | {"C1": OPEN_GATE, "C2": Verdict.UNKNOWN}}
    await let_stand(dashboard.story.database, verdicts)
    page = await read(dashboard, "/compliance?by=kind")
    assert page["at"] is not None
    assert page["city"]["groups"]["closed"] == tally(met=1, not_met=1, unknown=1)
    assert page["city"]["rules"]["C2"] == tally(met=1, unknown=2)
    by_kind = {one["key"]: one["groups"]["closed"] for one in page["lines"]}
    assert by_kind == {"primary": tally(met=1), "junior": tally(not_met=1), "kindergarten": tally(unknown=1)}
    one_district = await read(dashboard, "/compliance?district=370203")
    assert one_district["city"]["groups"]["closed"] == tally(unknown=1)


async def test_what_was_judged_yesterday_does_not_stand_today(dashboard: Dashboard) -> None:
    database = dashboard.story.database
    await let_stand(database, {"S1": ALL_MET}, on=today(database, 1))
    assert (await read(dashboard, "/compliance"))["city"]["groups"]["closed"] == tally(unknown=3)
    school = await read(dashboard, "/compliance/schools/S1")
    assert (school["at"], school["groups"]["closed"]) == (None, "unknown")
    assert set("".join((await read(dashboard, "/compliance/matrix"))["verdicts"])) == {"u"}


async def test_the_matrix_has_a_letter_for_each_school_and_rule(dashboard: Dashboard) -> None:
    await let_stand(dashboard.story.database, {"S2": {"C2": Verdict.DECLARED, "C1": OPEN_GATE, "C3": Verdict.MET}})
    matrix = await read(dashboard, "/compliance/matrix")
    assert matrix["schools"] == ["S1", "S2", "S3"]
    assert matrix["rules"] == [rule.code for rule in RULES]
    letters = dict(zip(matrix["rules"], matrix["verdicts"][1], strict=True))
    assert [letters[code] for code in CLOSED[:4]] == ["n", "d", "m", "u"]


async def test_a_school_tells_why_on_which_evidence_and_what_would_mend_it(dashboard: Dashboard) -> None:
    database = dashboard.story.database
    await let_stand(database, {"S1": ALL_MET | {"C1": OPEN_GATE}})
    breach = await open_breach(database, "S1", "C1", OPEN_GATE)
    page = await read(dashboard, "/compliance/schools/S1")
    assert (page["groups"]["closed"], page["groups"]["alarm"], page["version"]) == ("not_met", "unknown", None)
    assert page["tally"] == tally(met=len(CLOSED) - 1, not_met=1, unknown=len(RULES) - len(CLOSED))
    rule = next(one for one in page["rules"] if one["rule"] == "C1")
    assert rule["reasons"][0]["zh"] == "校门 S1-GATE 在规定时段以外从 10:00:00 开到 10:05:00。"
    assert rule["reasons"][0]["en"].startswith("Gate S1-GATE stood open")
    assert rule["mend"][0]["en"] == "Close the gate outside the windows."
    assert (rule["verdict"], rule["breach"], rule["since"] is not None) == ("not_met", breach, True)
    assert [one["href"] for one in rule["references"]] == [
        "/api/v1/compliance/evidence/2026-11-23/S1-GATE/gate/g%201", "/api/v1/devices/S1-GATE", None,
    ]  # fmt: skip


async def test_a_closed_day_is_told_as_it_was_recorded_with_its_amendments(dashboard: Dashboard) -> None:
    database = dashboard.story.database
    yesterday = today(database, 1)
    await close_day(database, yesterday, {"S1": ALL_MET, "S2": {"C1": Verdict.MET, "X9": Verdict.MET}})
    await close_day(database, yesterday, {"S1": ALL_MET | {"C1": OPEN_GATE}}, version=1, reason="late evidence")
    await let_stand(database, {"S1": ALL_MET})
    page = await read(dashboard, f"/compliance?on={yesterday}")
    assert (page["closed"], page["whole"], page["city"]["schools"]) == (True, False, 2)
    assert page["city"]["groups"]["closed"] == tally(met=1, not_met=1)
    matrix = await read(dashboard, f"/compliance/matrix?on={yesterday}")
    assert matrix["rules"] == [*CLOSED, "X9"]  # those of that day, also one that is no more
    assert matrix["verdicts"] == ["n" + "m" * (len(CLOSED) - 1) + "u", "m" + "u" * (len(CLOSED) - 1) + "m"]
    school = await read(dashboard, f"/compliance/schools/S1?on={yesterday}")
    assert (school["version"], school["groups"]["closed"]) == (1, "not_met")
    assert [(one["version"], one["reason"]) for one in school["amendments"]] == [(0, ""), (1, "late evidence")]
    first = await read(dashboard, f"/compliance/schools/S1?on={yesterday}&version=0")
    assert (first["version"], first["groups"]["closed"]) == (0, "met")
    async with database.connection() as connection:
        await connection.execute("insert into closed_day values ($1, now(), 2, 1)", yesterday)
    assert (await read(dashboard, f"/compliance?on={yesterday}"))["whole"] is True


async def test_breaches_are_found_by_place_rule_and_state_and_come_in_pages(dashboard: Dashboard) -> None:
    database = dashboard.story.database
    numbers = [await open_breach(database, school, rule, OPEN_GATE) for school, rule in
               (("S1", "C1"), ("S1", "C2"), ("S3", "C1"))]  # fmt: skip
    async with database.connection() as connection:
        await connection.execute(
            "update breach set closed_at = now(), proof = $2 where id = $1",
            numbers[1],
            '{"verdict": "met", "reasons": [{"code": "gates_closed", "said": {"gates": 2}}]}',
        )

    async def find(query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await read(dashboard, f"/compliance/breaches{query}"))["items"]
        return items

    assert [one["id"] for one in await find("")] == numbers[::-1]
    assert [one["id"] for one in await find("?open=true")] == [numbers[2], numbers[0]]
    assert [one["id"] for one in await find("?district=370202&rule=C1")] == [numbers[0]]
    closed = (await find("?school=S1&open=false"))[0]
    assert (closed["proof"][0]["zh"], closed["school_name"]) == ("2 个校门在规定时段以外保持关闭。", "第一小学")
    assert (closed["owner_name"], closed["repeats"], closed["zh"]) == ("钱值班", 1, "外来人员进校逐一登记")
    page = await read(dashboard, "/compliance/breaches?limit=2")
    rest = await read(dashboard, f"/compliance/breaches?limit=2&cursor={page['next']}")
    assert ([one["id"] for one in rest["items"]], rest["next"]) == ([numbers[0]], None)


async def test_the_catalogue_tells_each_number_with_its_source_and_who_set_it(dashboard: Dashboard) -> None:
    database = dashboard.story.database
    on = today(database)
    async with database.connection() as connection:
        await connection.execute(
            "insert into rule_parameter (rule, name, level, school, value, source, valid_from, saved_by, saved_at)"
            " values"
            " ('C1', 'open_minutes', 'city', null, 5, '市局 2026', $1, 'wang', now()),"
            " ('C1', 'open_minutes', 'school', 'S2', 1, '校规', $1, 'wang', now())",
            on - timedelta(days=2),
        )

    async def number(query: str) -> dict[str, Any]:
        rule = next(one for one in (await read(dashboard, f"/compliance/rules{query}"))["items"] if one["code"] == "C1")
        found: dict[str, Any] = next(one for one in rule["numbers"] if one["name"] == "open_minutes")
        return found

    now = await number("")
    assert (now["value"], now["level"], now["source"], now["default"], now["standing"]) == (
        5,
        "city",
        "市局 2026",
        3,
        None,
    )
    assert (await number("?school=S2"))["value"] == 1
    before = await number(f"?on={on - timedelta(days=3)}")
    assert (before["value"], before["level"], before["standing"]) == (3, None, "ours")


async def test_a_trend_has_the_closed_days_of_a_place(dashboard: Dashboard) -> None:
    database = dashboard.story.database
    async with database.connection() as connection:
        for back, district, rule, met in (
            (2, "370202", "closed", 1),
            (2, "370203", "closed", 1),
            (1, "370202", "C1", 2),
        ):
            await connection.execute(
                "insert into district_figure values ($1, $2, $3, $4, 0, 3, 0, 0)",
                today(database, back), district, rule, met,
            )  # fmt: skip
    trend = await read(dashboard, "/compliance/trend")
    assert (trend["last"], trend["first"]) == (str(today(database, 1)), str(today(database, 30)))
    assert [(one["on_date"], one["rule"], one["met"], one["unknown"]) for one in trend["points"]] == [
        (str(today(database, 2)), "closed", 2, 6)
    ]
    assert [one["met"] for one in (await read(dashboard, "/compliance/trend?rule=C1"))["points"]] == [2]
    assert [one["met"] for one in (await read(dashboard, "/compliance/trend?district=370203"))["points"]] == [1]


async def test_a_raw_message_opens_with_its_place_and_the_closed_day_that_covers_it(dashboard: Dashboard) -> None:
    story = dashboard.story
    await story.database_execute("update device set role = 'gate' where code = 'S1-C1'")
    payload = b'{"id": "a/b", "at": "%s", "open": true}' % story.now.isoformat().encode()
    await story.intake.take_reports([story.arrival(payload, "S1-C1", "gate")])
    on = (await story.rows("select on_date from evidence"))[0]["on_date"]
    day = today(story.database)
    await close_day(story.database, day, {"S1": ALL_MET})
    identity = await story.value("select identity from evidence")
    async with dashboard.client(OPERATOR_TOKEN) as operator:
        key = quote(f"{on}/S1-C1/gate/{identity}")
        found = (await operator.get(f"/api/v1/compliance/evidence/{key}")).json()
    assert (found["payload"], found["masked"]) == (payload.decode(), False)
    assert (await read(dashboard, "/audit?kind=evidence.opened"))["items"] == [], "it tells of nobody"
    assert found["sha256"] == hashlib.sha256(payload).hexdigest()
    assert (found["school"], found["partition"].startswith("evidence"), found["counts_on"]) == ("S1", True, str(day))
    assert found["topic"] == "campus/v1/370202/S1/S1-C1/gate"
    covering = found["covered_by"][0]
    assert (covering["version"], covering["evidence_hash"]) == (0, hashlib.sha256(b"evidence").hexdigest())


async def test_who_may_only_look_does_not_see_a_visitors_name_and_number(dashboard: Dashboard) -> None:
    story = dashboard.story
    await save_token(story.database, Account.of_program("screen", [Right.SEE]), "a-screen", "test")
    said = {"id": "v1", "visit": "7", "step": "register", "name": "张三", "phone": "13800000001", "host": "王老师"}
    await story.intake.take_reports([story.arrival(said, "S1-C1", "visit")])
    key = await story.value("select concat_ws('/', on_date, device, channel, identity) from evidence")
    async with dashboard.client("a-screen") as screen, dashboard.client(OPERATOR_TOKEN) as operator:
        covered = (await screen.get(f"/api/v1/compliance/evidence/{key}")).json()
        whole = (await operator.get(f"/api/v1/compliance/evidence/{key}")).json()
    assert covered["masked"]
    assert "张三" not in covered["payload"]
    assert "13800000001" not in covered["payload"]
    assert "王老师" in covered["payload"]
    assert "张三" in whole["payload"]
    assert covered["sha256"] == whole["sha256"]
    (opened,) = (await read(dashboard, "/audit?kind=evidence.opened"))["items"]
    assert (opened["actor"], opened["subject"]) == ("person:desk", "school:S1"), "of who saw it, and of nobody else"
    assert opened["body"] == {"key": key, "sha256": whole["sha256"]}
    assert "张三" not in str(opened)


async def test_evidence_that_is_not_there_is_no_such_evidence(dashboard: Dashboard) -> None:
    async with dashboard.client(READER_TOKEN) as reader:
        for key in ("2026-01-01/S1-G1/gate/x", "2026-01-01/S1-G1", "x/y/z/w", "2026-13-01/a/b/c"):
            assert slug_of(await reader.get(f"/api/v1/compliance/evidence/{key}")) == "no-such-evidence"


async def test_what_the_judge_finds_is_told_to_boards_and_can_be_read(dashboard: Dashboard) -> None:
    story = dashboard.story
    judge = ComplianceJudge(story.database)
    async with dashboard.board() as board:
        await board.hear_a("snapshot")
        while await judge.judge_due():
            pass
        await board.hear_until(lambda board: set(board.compliance) == {"S1", "S2", "S3"})
    item = board.compliance["S1"]
    page = await read(dashboard, "/compliance/schools/S1")
    assert page["tally"] == {name: item[name] for name in page["tally"]}
    assert {group: page["groups"][group] for group in ("closed", "alarm")} == {
        "closed": item["closed"], "alarm": item["alarm"],
    }  # fmt: skip
    assert item["closed"] != "met", "no gate has a sensor here"
    figures = await read(dashboard, "/compliance")
    assert figures["city"]["groups"]["closed"]["met"] == 0
    gate = next(one for one in page["rules"] if one["rule"] == "C1")
    assert (gate["verdict"], gate["reasons"][0]["code"]) == ("unknown", "no_gate_sensor")
    assert all(one["reasons"] for one in page["rules"]), "each verdict says why"


async def test_boards_live_on_when_a_day_is_closed(dashboard: Dashboard) -> None:
    story = dashboard.story
    assert await close_due(story.database) == 0, "the first day begins"
    while await ComplianceJudge(story.database).judge_due():
        pass
    async with dashboard.board() as board:
        await board.hear_a("snapshot")
        story.database.shift += timedelta(days=1, hours=1)
        while await close_due(story.database):
            pass
        assert "compliance.day_closed" in await story.log_kinds()
        await story.press("S1-G1")
        await board.hear_until(lambda board: bool(board.incidents))
    assert (await read(dashboard, "/compliance/rules"))["items"]
