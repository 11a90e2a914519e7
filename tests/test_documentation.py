"""What the documents say is there: settings, log events, metrics, problems, paths, commands, words, links, examples."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import typer

from alerts.domain.board import Link
from alerts.domain.escalation import Policy, check_policy
from alerts.domain.presses import Mode, Problem
from alerts.domain.rights import RIGHTS, Right, Role
from alerts.settings import Settings
from alerts.storage.database import Database
from alerts.storage.log import Entry, append_log
from dashboard.api.audit import get_audit
from dashboard.app import make_app
from dashboard.problems import KINDS

ROOT = Path(__file__).parent.parent
PROGRAMS = ("alerts", "gateway", "dashboard", "simulators")
RUNNING, RUNNING_ZH = ROOT / "docs/running.md", ROOT / "docs/running.zh.md"
RIGHTS_TABLE, RIGHTS_TABLE_ZH = ROOT / "docs/rights.md", ROOT / "docs/rights.zh.md"
PROTOCOL, AUDITING, DUTY = ROOT / "docs/protocol.md", ROOT / "docs/auditing.md", ROOT / "docs/duty.md"
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
SHELL_OPERATORS = {"|", "||", "&&", ";", ">", ">>", "<", "&"}
# What the people at the board must find in their manual, in the words of the page.
DUTY_WORDS = re.compile(
    r"'((?:standing|cause|problem)\.\w+|mark\.(?:late|cancel|unplaced)|action\.(?:acknowledge|respond|note|close)"
    r"|timeline\.told-nobody)': (?:'([^']+)'|\"([^\"]+)\")"
)

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@dataclass(slots=True)
class LogEvent:
    """A log event as the code writes it."""

    levels: set[str] = field(default_factory=set)
    fields: set[str] = field(default_factory=set)


def test_the_table_of_settings_is_the_settings() -> None:
    rows = [
        f"| `{_variable(name)}` | {_default(name)} | {Settings.model_fields[name].description} |" for name in _names()
    ]
    table = "\n".join(["| variable | when unset | meaning |", "|---|---|---|", *rows])
    assert table + "\n\n" in RUNNING.read_text("utf-8"), f"the table in docs/running.md must be:\n\n{table}"


def test_the_chinese_table_of_settings_has_each_with_its_default() -> None:
    said = {variable: default for variable, default, _ in _rows(RUNNING_ZH, "变量")}
    assert said == {f"`{_variable(name)}`": _default(name) for name in _names()}


@every_document
def test_every_variable_that_a_document_names_is_read_somewhere(document: Path) -> None:
    named = set(re.findall(r"\bCAMPUS_[A-Z_]*[A-Z]\b", document.read_text("utf-8")))
    assert named <= _variables_in_code() | {_variable(name) for name in _names()}


def test_every_log_event_is_listed_with_its_level_and_fields() -> None:
    said = {
        _bare(name): (set(level.split(", ")), {_bare(one) for one in fields.split(", ") if one})
        for name, level, fields, _ in _rows(RUNNING, "event")
    }
    wanted = {name: (event.levels, event.fields) for name, event in _log_events().items()}
    wrong = {name: event for name, event in wanted.items() if said.get(name) != event}
    assert not wrong, f"docs/running.md must say of log events: {wrong}"
    assert said.keys() <= wanted.keys(), "a log event that is not written any more"


def test_every_log_event_is_named_area_noun_verb() -> None:
    assert [name for name in _log_events() if not re.fullmatch(r"[a-z]+(\.[a-z_]+){2}", name)] == []


def test_every_metric_is_listed_with_its_labels() -> None:
    said = {
        _bare(name): (kind, [_bare(one) for one in labels.split(", ") if one])
        for name, kind, labels, _ in _rows(RUNNING, "metric")
    }
    assert said == _metrics()


def test_every_problem_of_the_api_is_listed_with_its_status() -> None:
    said = {_bare(slug): int(status) for slug, status, _ in _rows(PROTOCOL, "slug")}
    assert said == {slug: status for slug, (status, _) in KINDS.items()}


def test_every_problem_of_a_press_is_listed() -> None:
    assert {_bare(problem) for problem, _ in _rows(PROTOCOL, "problem")} == set(Problem)


def test_every_path_of_the_api_is_listed_with_its_right() -> None:
    description = make_app(Settings(database_url="postgresql://nobody@localhost/nothing")).openapi()
    offered = {
        f"{method.upper()} {path}": operation["x-campus-right"].replace("anyone", "–")
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
    }
    assert {_bare(path): right for path, right, _ in _rows(PROTOCOL, "method and path")} == offered


@pytest.mark.parametrize("document", [RIGHTS_TABLE, RIGHTS_TABLE_ZH], ids=lambda path: path.name)
def test_what_each_role_may_do_is_listed(document: Path) -> None:
    heading = "role" if document == RIGHTS_TABLE else "角色"
    rows = {_bare(role.split(" ")[0]): cells for role, _, *cells in _rows(document, heading)}
    assert rows.keys() == set(Role) - {Role.INTEGRATION}
    for role, cells in rows.items():
        assert {right for right, cell in zip(Right, cells, strict=True) if cell} == RIGHTS[Role(role)], role


def test_every_address_that_is_not_open_is_listed_with_its_right_and_place() -> None:
    description = make_app(Settings(database_url="postgresql://nobody@localhost/nothing")).openapi()
    guarded = {
        (
            f"{method.upper()} {path}",
            operation["x-campus-right"],
            operation["x-campus-place"],
            operation.get("x-campus-proof", ""),
            operation.get("x-campus-second", ""),
        )
        for path, operations in description["paths"].items()
        for method, operation in operations.items()
        if "x-campus-place" in operation
    }
    assert {(_bare(path), *said) for path, *said in _rows(RIGHTS_TABLE, "method and path")} == guarded


def test_the_walk_through_asvs_says_the_same_in_both_languages() -> None:
    walked = {
        language: re.findall(r"^\| (\d[^|]*) \| ([^|]+) \|", (ROOT / "docs" / name).read_text("utf-8"), re.MULTILINE)
        for language, name in (("en", "security.md"), ("zh", "security.zh.md"))
    }
    assert walked["en"] == walked["zh"]
    assert len(walked["en"]) > 80
    assert {holds for _, holds in walked["en"]} == {"yes", "partly", "no", "–"}


def test_of_every_file_that_the_api_hands_out_it_is_said_whether_the_log_tells_who_has_it() -> None:
    description = make_app(Settings(database_url="postgresql://nobody@localhost/nothing")).openapi()
    files = {
        path
        for path, operations in description["paths"].items()
        if path.startswith("/api/") and "get" in operations
        if "application/json" not in operations["get"]["responses"]["200"].get("content", {})
    }
    said = {_bare(path).removeprefix("GET "): _bare(kind) for path, kind, _ in _rows(AUDITING, "file")}
    assert said.keys() == files
    assert set(said.values()) - {"–"} <= _log_kinds()


def test_every_kind_of_log_row_is_listed() -> None:
    assert {_bare(kind) for kinds, _, _ in _rows(AUDITING, "kind") for kind in kinds.split(", ")} == _log_kinds()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_duty_manual_speaks_in_the_words_of_the_page(language: str) -> None:
    dictionary = (ROOT / f"dashboard/web/src/lib/i18n/{language}.ts").read_text("utf-8")
    words = {key: one or other for key, one, other in DUTY_WORDS.findall(dictionary)}
    assert len(words) > 30
    manual = DUTY.read_text("utf-8").casefold()
    assert {key: word for key, word in words.items() if word.casefold() not in manual} == {}


@every_document
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(document.read_text("utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (document.parent / path).resolve() if path else document
        assert found.exists(), f"{target} is not there"
        assert not anchor or anchor in _anchors(found), f"{target}: no such heading"


def test_every_decision_has_a_number_of_its_own_and_its_line_in_the_list() -> None:
    pages = sorted(path.name for path in (ROOT / "docs/decisions").glob("0*.md"))
    listed = re.findall(r"\]\((0[^)]+\.md)\)", (ROOT / "docs/decisions/README.md").read_text())
    assert listed == pages
    assert [page[:4] for page in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]


@every_document
def test_every_command_that_a_document_shows_exists(document: Path) -> None:
    text = document.read_text("utf-8")
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    lines = "".join(_blocks(document, "sh")) + "\n".join(re.findall(r"`([^`\n]+)`", _without_blocks(text)))
    assert set(re.findall(r"^make ([a-z]+)", lines, re.MULTILINE)) <= targets
    for program, words in re.findall(rf"python -m ({'|'.join(PROGRAMS)})((?: .*)?)$", lines, re.MULTILINE):
        _follow_command(program, words)


@every_document
def test_every_json_example_is_json(document: Path) -> None:
    for block in _blocks(document, "json"):
        assert list(_read_values(block))


def test_the_example_of_a_policy_may_be_put_in_force() -> None:
    examples = [block for block in _blocks(RUNNING, "json") if '"steps"' in block]
    assert examples
    for example in examples:
        check_policy(Mode.LIVE, msgspec.json.decode(example, type=Policy))


def test_the_worked_example_of_the_chain_holds_and_a_changed_row_is_found() -> None:
    example = next(block for block in _blocks(AUDITING, "json") if '"body"' in block)
    program = _auditors_program()
    rows = list(program["read_rows"](f'{{"items":[{",".join(example.splitlines())}],"next":null}}'))
    assert len(rows) == 2
    assert program["find_misfit"](rows) is None
    rows[1]["actor"] = "somebody else"
    assert program["find_misfit"](rows) == 2


async def test_each_table_stands_in_the_list_of_tables_and_no_other(database: Database) -> None:
    rows = _rows(ROOT / "docs/architecture.md", "tables")
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    async with database.connection() as connection:
        there = await connection.fetch(
            "select relname from pg_class where relkind in ('r', 'p') and not relispartition"
            " and relnamespace = 'public'::regnamespace"
        )
    assert sorted(listed) == sorted(row["relname"] for row in there)


async def test_the_auditors_program_agrees_with_the_database(database: Database) -> None:
    bodies: list[Any] = [
        {"text": '门卫室 "南门"\n\t\\ \u0001 \u2028 ,"body":🔔', "empty": {}, "none": None, "flag": True},
        {"body": {"latitude": 36.0662, "small": 1e-7, "large": 1.5e300, "whole": 120.0, "count": 2**62}},
    ]
    async with database.transaction() as connection:
        now = await database.read_now(connection)
        await append_log(
            connection, now.replace(microsecond=0), [Entry("a", 'b,"body":', "c", each) for each in bodies]
        )
    sent = await get_audit(SimpleNamespace(database=database))
    program = _auditors_program()
    rows = list(program["read_rows"](sent.body.decode()))
    assert len(rows) == 2
    assert program["find_misfit"](rows) is None


def _auditors_program() -> dict[str, Any]:
    """What the program for auditors defines, without running its end."""
    program = next(block for block in _blocks(AUDITING, "python") if "def find_misfit" in block)
    defined: dict[str, Any] = {"__name__": "auditing"}
    exec(program, defined)
    return defined


def _names() -> list[str]:
    return list(Settings.model_fields)


def _variable(name: str) -> str:
    return f"CAMPUS_{name.upper()}"


def _default(name: str) -> str:
    default = Settings.model_fields[name].default
    if default is None:
        return "–"
    return f"`./{default}`" if isinstance(default, Path) else f"`{default}`"


@cache
def _variables_in_code() -> set[str]:
    places = [ROOT / name for name in ("Makefile", "docker-compose.yml", ".env.example", "tests/conftest.py")]
    folders = (".build", ".docker", "tests/stories", "tests/browser")
    sources = [*places, *_sources(), *(path for folder in folders for path in (ROOT / folder).iterdir())]
    texts = (path.read_text("utf-8") for path in sources if path.is_file())
    return {name for text in texts for name in re.findall(r"\bCAMPUS_[A-Z_]*[A-Z]\b", text)}


@cache
def _sources() -> list[Path]:
    return [path for program in PROGRAMS for path in (ROOT / program).rglob("*.py") if "node_modules" not in path.parts]


@cache
def _nodes() -> list[tuple[Path, ast.Call | ast.Constant]]:
    """The calls and the constants of every source; what is parsed once serves every test here."""
    return [
        (path, node)
        for path in _sources()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call | ast.Constant)
    ]


def _calls() -> Iterator[ast.Call]:
    return (node for _, node in _nodes() if isinstance(node, ast.Call))


def _log_events() -> dict[str, LogEvent]:
    events: dict[str, LogEvent] = {}
    for call in _calls():
        if not isinstance(call.func, ast.Attribute) or not isinstance(call.func.value, ast.Name):
            continue
        level = {"exception": "error"}.get(call.func.attr, call.func.attr)
        if call.func.value.id in {"log", "_log"} and level in {"debug", "info", "warning", "error", "critical"}:
            event = events.setdefault(ast.literal_eval(call.args[0]), LogEvent())
            event.levels.add(level)
            event.fields |= {str(word.arg) for word in call.keywords} - {"exc_info"}
    return events


def _metrics() -> dict[str, tuple[str, list[str]]]:
    metrics = {}
    for call in _calls():
        if isinstance(call.func, ast.Name) and call.func.id in {"Counter", "Gauge", "Histogram"} and len(call.args) > 1:
            ending = "_total" if call.func.id == "Counter" else ""
            labels = ast.literal_eval(call.args[2]) if len(call.args) > 2 else []
            metrics[ast.literal_eval(call.args[0]) + ending] = (call.func.id.lower(), labels)
    return metrics


def _log_kinds() -> set[str]:
    """Texts of the form `noun.verb` in `alerts/`. Log events have three parts; packages, tasks, files begin apart."""
    texts = {
        node.value
        for path, node in _nodes()
        if path.is_relative_to(ROOT / "alerts") and isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    kinds = {text for text in texts if re.fullmatch(r"(?!alerts\.|engine\.|ca\.|tls\.)[a-z]+\.[a-z_]+", text)}
    return kinds | {f"device.{link}" for link in Link}


def _follow_command(program: str, words: str) -> None:
    """Walks a shown command line to its command; each word on the way is a command, each option one of its options."""
    command: Any = typer.main.get_command(import_module(f"{program}.__main__").app)
    for word in shlex.split(words, comments=True):
        if word in SHELL_OPERATORS:
            break
        shown = f"python -m {program}{words}"
        if word.startswith("--"):
            options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            assert word.partition("=")[0] in options, f"{shown}: no option {word}"
        elif hasattr(command, "get_command"):
            command = command.get_command(None, word)
            assert command is not None, f"{shown}: no command {word}"


def _rows(document: Path, first_heading: str) -> list[tuple[str, ...]]:
    """The cells of the table whose first heading is this."""
    lines = iter(document.read_text("utf-8").splitlines())
    for line in lines:
        if line.startswith(f"| {first_heading} |"):
            next(lines)
            break
    rows = []
    for line in lines:
        if not line.startswith("|"):
            break
        rows.append(tuple(cell.strip() for cell in line.strip("|").split("|")))
    assert rows, f"{document.name} has no table of {first_heading}"
    return rows


def _bare(cell: str) -> str:
    return cell.strip("`")


def _blocks(document: Path, language: str) -> list[str]:
    return re.findall(rf"^ *```{language}\n(.*?)^ *```$", document.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def _without_code(text: str) -> str:
    return re.sub(r"`[^`\n]*`", "", _without_blocks(text))


def _without_blocks(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _anchors(document: Path) -> set[str]:
    """The anchors that GitHub gives a document's headings."""
    headings = re.findall(r"^#+ (.+)$", _without_blocks(document.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _read_values(text: str) -> Iterator[Any]:
    """The JSON values that stand one after the other."""
    decoder, text = json.JSONDecoder(), text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].strip()
