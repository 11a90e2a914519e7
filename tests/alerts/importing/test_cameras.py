"""Links to cameras come from a file of their own."""

from __future__ import annotations

from pathlib import Path

from tests.alerts.importing.test_outputs import bring_in
from tests.alerts.story import Story

BAD = (
    ("S9,门厅,门卫室,https://v.cn/1", "there is no school S9"),
    ("S1,门厅,顶楼,https://v.cn/1", "no point “顶楼”"),
    ("S1,门厅,,javascript:alert(1)", "is not a link"),
    ("S1,门厅,,data:text/html;base64;PHA+", "is not a link"),
    ("S1,门厅,,https:///1", "is not a link"),
    ('S1,门厅,,"https://v.cn/1"">x"', "is not a link"),
    ("S1,门厅,,rtsp://admin:12345@10.0.0.9/1", "a password"),
)


async def read_cameras(story: Story) -> list[tuple[str, str | None, str]]:
    rows = await story.rows(
        "select c.name, p.name as point, c.address from camera c left join point p on p.id = c.point order by c.name"
    )
    return [(row["name"], row["point"], row["address"]) for row in rows]


async def test_cameras_come_change_and_go_by_a_file_and_a_link_that_a_browser_would_run_is_refused(
    story: Story, tmp_path: Path
) -> None:
    header = "学校代码,摄像头,点位,链接\n"
    both = "S1,门厅,门卫室,https://v.cn/1\nS1,操场,,RTSP://10.0.0.9:554/2?a=1\n"
    assert await bring_in(story, tmp_path, header + both) == []
    assert await read_cameras(story) == [
        ("操场", None, "RTSP://10.0.0.9:554/2?a=1"),
        ("门厅", "门卫室", "https://v.cn/1"),
    ]
    imports = "select count(*) from log where subject = 'registry:cameras'"
    assert await bring_in(story, tmp_path, header + both) == []
    assert await story.value(imports) == 1, "nothing new"

    assert await bring_in(story, tmp_path, "school,camera,link\nS1,门厅,https://v.cn/9\nS1,操场,\nS1,无,\n") == []
    assert await read_cameras(story) == [("门厅", "门卫室", "https://v.cn/9")]
    assert await story.value(imports) == 2
    for row, why in BAD:
        assert why in (await bring_in(story, tmp_path, f"{header}{row}\n"))[0]
    assert "is needed" in (await bring_in(story, tmp_path, "school,camera\nS1,门厅\n"))[0]
    assert await read_cameras(story) == [("门厅", "门卫室", "https://v.cn/9")]
