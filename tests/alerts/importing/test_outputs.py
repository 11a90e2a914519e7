"""What a device can do on site stands in the devices' file."""

from __future__ import annotations

from pathlib import Path

from alerts.importing import import_sources, open_source
from tests.alerts.story import Story


async def bring_in(story: Story, folder: Path, text: str) -> list[str]:
    """Imports a file; returns what was wrong with its rows."""
    path = folder / "devices.csv"
    path.write_text(text, encoding="utf-8")
    reports = [report async for report in import_sources(story.database, [open_source(path)], by="test")]
    return [str(bad) for report in reports for bad in report.bad_rows]


async def read_outputs(story: Story) -> list[tuple[str, str]]:
    rows = await story.rows("select device, output from device_output order by device, output")
    return [(row["device"], row["output"]) for row in rows]


async def test_outputs_are_taken_in_either_language_changed_and_left_alone_by_files_without_them(
    story: Story, tmp_path: Path
) -> None:
    header = "code,school,point,point_kind,outputs\n"
    rows = (
        "S1-G1,S1,门卫室,gatehouse,siren;strobe\nS1-C1,S1,监控室,control_room,语音、门锁\nS2-G1,S2,门卫室,gatehouse,\n"
    )
    assert await bring_in(story, tmp_path, header + rows) == []
    first = [("S1-C1", "lock"), ("S1-C1", "voice"), ("S1-G1", "siren"), ("S1-G1", "strobe")]
    assert await read_outputs(story) == first
    imports = await story.value("select count(*) from log where kind = 'registry.imported'")
    assert await bring_in(story, tmp_path, header + rows) == []
    assert await story.value("select count(*) from log where kind = 'registry.imported'") == imports, "nothing new"
    assert await bring_in(story, tmp_path, "code,school,point,point_kind\nS1-G1,S1,门卫室,gatehouse\n") == []
    assert await read_outputs(story) == first
    assert await bring_in(story, tmp_path, header + "S1-G1,S1,门卫室,gatehouse,siren\n") == []
    assert await read_outputs(story) == [one for one in first if one[1] != "strobe"]


async def test_an_output_that_nobody_knows_is_refused_with_the_choice(story: Story, tmp_path: Path) -> None:
    bad = await bring_in(
        story, tmp_path, "code,school,point,point_kind,outputs\nS1-G1,S1,门卫室,gatehouse,siren;cannon\n"
    )
    assert len(bad) == 1
    assert "cannon" in bad[0]
    assert "siren" in bad[0]
    assert await read_outputs(story) == []
