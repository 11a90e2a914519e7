"""From a file's bytes to rows: encodings, delimiters, headers, true line numbers, and every reason for a refusal."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from alerts.importing import DEVICES, PEOPLE, SCHOOLS, Encoding, FileUnreadable, TableKind, open_source
from alerts.importing.encodings import find_reading
from alerts.importing.rows import Row, read_rows
from alerts.importing.tables import TABLES, Table
from alerts.importing.words import fold
from simulators.city.tables import DEVICES_HEADER, PEOPLE_HEADER, SCHOOLS_HEADER

Write = Callable[[str | bytes], Path]
MARK = "\ufeff"
SCHOOL_HEADER = "code,name,district,kind,ownership,students"
DEVICE_HEADER = "code,school,point,point_kind"

patiently = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
any_text = st.text(st.characters(codec="utf-8"))
chinese_text = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1)
field_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cf", "Zs", "Zl", "Zp")), min_size=1)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_file(content: str | bytes) -> Path:
        path = tmp_path / "some.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


def rows_of(path: Path) -> list[Row]:
    return list(read_rows(open_source(path)))


def problems_of(path: Path) -> list[tuple[int, str | None, str]]:
    return [(row.line, problem.column, problem.reason) for row in rows_of(path) for problem in row.problems]


def tell(content: bytes) -> Encoding:
    return find_reading(io.BytesIO(content)).encoding


def decode(content: bytes) -> str:
    reading = find_reading(io.BytesIO(content))
    return content[reading.start :].decode(reading.encoding)


def decode_unless_unclear(content: bytes) -> str | None:
    try:
        return decode(content)
    except FileUnreadable as error:
        if is_utf_8(content) and "say which with --encoding" in str(error):
            return None
        raise


def is_utf_8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def passes_for_chinese_in_utf_8(content: bytes) -> bool:
    """GB18030 signs of which the bytes happen to be Chinese in UTF-8, as 涓枃 for 中文. Nobody writes those."""
    return is_utf_8(content) and any(ord(sign) >= 0x800 for sign in content.decode())


@patiently
@given(any_text, st.sampled_from(Encoding))
def test_a_text_with_a_byte_order_mark_is_read_as_it_was_written(text: str, encoding: Encoding) -> None:
    assume("\0" not in text)
    assert decode((MARK + text).encode(encoding)) == text


@patiently
@given(chinese_text, any_text)
def test_chinese_in_utf_8_without_a_mark_is_read_as_it_was_written(chinese: str, text: str) -> None:
    assume("\0" not in text)
    assert decode(("x" + chinese + text).encode()) == "x" + chinese + text


@patiently
@given(any_text, st.sampled_from(Encoding))
@example("青岛第一小学", Encoding.GB18030)
@example("联通", Encoding.GB18030)
@example("模", Encoding.GB18030)
@example("café · 2", Encoding.UTF_8)
def test_no_text_is_garbled_what_could_be_either_is_refused(text: str, encoding: Encoding) -> None:
    content = ("x" + text).encode(encoding)
    assume("\0" not in text)
    assume(encoding is Encoding.UTF_8 or not passes_for_chinese_in_utf_8(content))
    assert decode_unless_unclear(content) in ("x" + text, None)


def test_a_text_that_could_be_either_is_read_as_it_is_said_to_be(write: Write) -> None:
    path = write(f"{SCHOOL_HEADER}\n1,模,370202,primary,public,1\n".encode("gb18030"))
    with pytest.raises(FileUnreadable, match="could be UTF-8 or GB18030"):
        open_source(path)
    (row,) = read_rows(open_source(path, Encoding.GB18030))
    assert row.values["name"] == "模"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@patiently
@given(
    names=st.lists(field_text, min_size=1, max_size=5),
    encoding=st.sampled_from(Encoding),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
)
def test_fields_come_out_of_any_csv_as_they_went_in(
    write: Write, delimiter: str, names: list[str], encoding: Encoding, line_end: str, quoting: int
) -> None:
    assume(not any("\ufffd" in name for name in names))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerow(SCHOOL_HEADER.split(","))
    writer.writerows([str(at), name, "370202", "primary", "public", "1"] for at, name in enumerate(names))
    rows = rows_of(write((MARK + text.getvalue()).encode(encoding)))
    assert [(row.values["name"], row.problems) for row in rows] == [(name, []) for name in names]


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\n\n , ,\n", "is empty"),
        (b"PK\x03\x04\x14\x00\x06\x00", "Excel workbook .*that cannot be read.*save it as “CSV UTF-8”"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00", "old Excel workbook"),
        ("code,name".encode("utf-16"), "is UTF-16 text"),
        (b"code\0name", "is not text"),
        (b"%PDF-1.7\n", "is a PDF"),
        (b"code,name\n1,\xff\xff\xff\n", r"neither UTF-8 \(see line 2\) nor GB18030 \(see line 2\)"),
        (b"\xef\xbb\xbfcode,name\n1,2\n3,\xc7\xe0\xb5\xba\n", r"is not UTF-8 as it should be \(line 3\)"),
        (b"x" * (2 << 20), "line of more than a million bytes"),
        (b'"code,name\n1,2\n', r"header that cannot be read: a quotation mark .* never closed"),
    ],
)
def test_a_file_that_cannot_be_read_says_what_to_do(write: Write, content: bytes, advice: str) -> None:
    with pytest.raises(FileUnreadable, match=advice):
        open_source(write(content))


def test_a_file_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="cannot be opened: No such file"):
        open_source(tmp_path / "none.csv")


def test_a_file_that_changes_while_it_is_read_is_refused_as_a_whole(write: Write) -> None:
    path = write(f"{DEVICE_HEADER}\nD1,S1,门卫室,门卫室\n")
    source = open_source(path)
    path.write_text(f"{DEVICE_HEADER}\nD1,S1,门卫室,门卫室\nD2,S1,门卫室,门卫室\n", encoding="utf-8")
    with pytest.raises(FileUnreadable, match="was changed while it was being read"):
        list(read_rows(source))
    path.write_bytes(b"\xff" * 30)
    with pytest.raises(FileUnreadable, match="was changed while it was being read"):
        list(read_rows(source))
    path.unlink()
    with pytest.raises(FileUnreadable, match="was changed while it was being read"):
        list(read_rows(source))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.kind)
def test_a_files_kind_is_told_by_its_header_in_english_and_in_chinese(write: Write, table: Table) -> None:
    for header in (table.header, [column.headings[0] for column in table.columns], table.required):
        source = open_source(write(",".join(header) + "\n"))
        assert source.table is table
        assert None not in source.columns
        assert len(source.columns) == len(header)


def test_no_heading_of_a_table_means_two_columns() -> None:
    for table in TABLES:
        folded = [
            fold(said) for column in table.columns for said in {fold(said) for said in (column.name, *column.headings)}
        ]
        assert len(folded) == len(set(folded))


def test_headings_may_differ_in_case_width_blanks_and_remarks(write: Write) -> None:
    source = open_source(write("ＣＯＤＥ, School Code ,安装位置*,Point-Kind,上报间隔（秒）,Outputs,Role,备注,,\n"))
    assert source.table is DEVICES
    assert [column and column.name for column in source.columns] == [*DEVICES.header, None]
    assert source.unknown_headings == ("备注",)


def test_a_header_that_fits_nothing_lists_what_is_missing(write: Write) -> None:
    with pytest.raises(FileUnreadable) as refusal:
        open_source(write("学校代码,学校名称,类别,备注\n1,2,3,4\n"))
    assert "“学校代码”, “学校名称”, “类别”, “备注”" in str(refusal.value)
    assert "as a file of schools it lacks district (区市代码), ownership (办学性质), students (学生数)" in str(
        refusal.value
    )
    assert f"a file of people needs {', '.join(PEOPLE.required)}" in str(refusal.value)


def test_a_column_that_stands_twice_is_refused(write: Write) -> None:
    with pytest.raises(FileUnreadable, match="has name twice: column 2 “name” and column 3 “校名”"):
        open_source(write("code,name,校名,district,kind,ownership,students\n"))


def test_a_row_is_numbered_by_its_first_line_however_many_it_spans(write: Write) -> None:
    path = write(
        f'\n{SCHOOL_HEADER}\n1,"第一\n\n小学",D,primary,public,1\n\n,,,\n2,"第二\r\n小学",D,primary,public,1\n'
    )
    assert [(row.line, row.values["name"], row.problems) for row in rows_of(path)] == [
        (3, "第一 小学", []),
        (8, "第二 小学", []),
    ]


def test_a_quotation_mark_that_is_never_closed_tells_which_lines_it_took(write: Write) -> None:
    path = write(f'{DEVICE_HEADER}\nD1,S1,"门卫室,门卫室\nD2,S1,门卫室,门卫室\nD3,S1,门卫室,门卫室\n')
    assert problems_of(path) == [
        (2, None, 'a quotation mark (") is opened and never closed, and lines 2 to 4 were lost with it')
    ]


def test_a_row_after_a_misquoted_one_is_read(write: Write) -> None:
    path = write(f'{DEVICE_HEADER}\nD1,S1,"门"卫室,门卫室\nD2,S1,门卫室,门卫室\n')
    first, second = rows_of(path)
    assert [problem.reason for problem in first.problems] == [
        'a value holds a quotation mark: put the value in "…" and write the mark twice'
    ]
    assert (second.line, second.problems) == (3, [])


def test_a_row_with_too_many_values_is_refused_and_empty_ones_at_the_end_are_not(write: Write) -> None:
    path = write(f"{DEVICE_HEADER}\nD1,S1,东门,门卫室,走廊\nD2,S1,门卫室,门卫室,,\nD3,S1\n")
    assert problems_of(path) == [
        (2, None, 'has 5 values for 4 columns: put a value that holds the separator in "…"'),
        (4, "point", "is empty"),
        (4, "point_kind", "is empty"),
    ]


def test_kinds_are_read_in_both_languages_however_they_are_written(write: Write) -> None:
    words = ["幼儿园", "Nine-Year", "nine_year", "ＮＩＮＥ ＹＥＡＲ", " 九年一贯制学校 ", "特殊教育（学校）"]
    rows = rows_of(write(SCHOOL_HEADER + "".join(f"\n1,n,d,{word},公 办,1" for word in words)))
    assert [row.values["kind"] for row in rows] == ["kindergarten", *["nine_year"] * 4, "special"]
    assert {row.values["ownership"] for row in rows} == {"public"}


def test_codes_and_numbers_may_be_full_width_and_carry_invisible_marks(write: Write) -> None:
    path = write("code,name,post,school,phone,rank\nＰ０１,王\u200b强,校长,３７０２,\u202d138 0000 0001\u202c,２\n")
    (row,) = rows_of(path)
    assert row.problems == []
    assert row.values == {
        "code": "P01",
        "name": "王强",
        "post": "principal",
        "school": "3702",
        "phone": "138 0000 0001",
        "rank": 2,
    }


@pytest.mark.parametrize(
    ("column", "cell", "reason"),
    [
        ("code", "", "is empty"),
        ("code", "\u200b\u3000", "is empty"),
        ("code", "一", "“一” is not a code: 1 to 64 of A-Z a-z 0-9 - _"),
        ("code", "a" * 65, "is not a code"),
        ("code", "3.70202E+11", "a spreadsheet made a number of it"),
        ("name", "第一\ufffd小学", "a character was lost in an earlier conversion"),
        ("name", "第一\x07小学", "holds a control character"),
        ("name", "学" * 201, "has 201 characters, at most 200 are taken"),
        ("kind", "大学", "“大学” is none of 幼儿园 (kindergarten), 小学 (primary)"),
        ("ownership", "?", "“?” is none of 公办 (public), 民办 (private)"),
        ("students", "-1", "“-1” is not a whole number"),
        ("students", "1_000", "is not a whole number"),
        ("students", "200001", "200001 is not between 0 and 200000"),
        ("boarders", "1e3", "is not a whole number"),
        ("latitude", "120.38", "120.38 is not between -90 and 90 degrees"),
        ("longitude", "nan", "is not a decimal number of degrees"),
        ("longitude", "120°22′", "is not a decimal number of degrees"),
        ("zone", "Beijing", "“Beijing” is not a time zone like Asia/Shanghai"),
    ],
)
def test_a_cell_that_cannot_be_taken_says_what_it_should_be(write: Write, column: str, cell: str, reason: str) -> None:
    good = {"code": "1", "name": "n", "district": "d", "kind": "小学", "ownership": "公办", "students": "1"}
    values = good | {"boarders": "", "latitude": "36.1", "longitude": "120.4", "zone": ""} | {column: cell}
    text = io.StringIO()
    csv.writer(text).writerows([values.keys(), values.values()])
    (found,) = problems_of(write(text.getvalue()))
    assert found[:2] == (2, column)
    assert reason in found[2]


def test_all_problems_of_a_row_are_named_under_the_files_own_headings(write: Write) -> None:
    path = write("设备代码,学校代码,点位,点位类别,心跳间隔\n,S 1,,教室,1\n")
    assert [(line, column) for line, column, _ in problems_of(path)] == [
        (2, "设备代码"),
        (2, "学校代码"),
        (2, "点位"),
        (2, "点位类别"),
        (2, "心跳间隔"),
    ]


def test_the_columns_are_those_that_the_simulated_city_writes() -> None:
    assert (SCHOOLS.header, DEVICES.header) == (SCHOOLS_HEADER, DEVICES_HEADER)
    assert PEOPLE.header[: len(PEOPLE_HEADER)] == PEOPLE_HEADER, "what a file does not say stays as it is"


def test_a_source_knows_its_digest_and_its_lines(write: Write) -> None:
    content = f"{DEVICE_HEADER}\nD1,S1,门卫室,门卫室\n".encode()
    source = open_source(write(content))
    assert source.table.kind is TableKind.DEVICES
    assert source.lines == 3
    assert source.sha256 == hashlib.sha256(content).hexdigest()
