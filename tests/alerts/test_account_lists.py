"""Many people are let in at once, from a list."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from alerts.account_lists import ListInvalid, let_in, read_list
from alerts.accounts import knows_account, save_account
from alerts.domain.rights import Role
from alerts.sessions import sign_in
from alerts.storage.accounts import Account
from tests.alerts.story import Story

PASSWORD = "correct horse battery staple"
LIST = """name,role,display_name,district,school,person
zhao,guard,赵保安,,S1,guard
li,district_desk,,370202,,
sun,guard,孙保安,,S9,
wang,city_desk,王值班,,,
qian,guard,钱保安,,S1,nobody
"""


async def test_whoever_is_new_gets_a_password_of_their_own_others_keep_theirs_and_a_refused_line_is_named(
    story: Story, tmp_path: Path
) -> None:
    wang = Account("wang", "旧名", Role.CITY_DESK)
    await save_account(story.database, wang, PASSWORD, "test", own_password=True)
    path = tmp_path / "accounts.csv"
    path.write_bytes(LIST.encode("gb18030"))
    done = {one.listed.account.name: one async for one in let_in(story.database, read_list(path), "test")}
    assert {name: one.refused for name, one in done.items() if one.refused} == {
        "sun": "there is no school S9",
        "qian": "there is no person nobody",
    }
    assert done["sun"].listed.line == 4
    assert not await knows_account(story.database, "sun")
    assert done["wang"].password is None

    hour = timedelta(hours=1)
    for name, place in (("zhao", (None, "S1")), ("li", ("370202", None)), ("qian", (None, "S1"))):
        password = done[name].password
        assert password is not None
        session = await sign_in(story.database, name, password, hour)
        assert session is not None
        assert (session.account.district, session.account.school) == place
        assert session.account.first_password
    assert await sign_in(story.database, "zhao", done["li"].password or "", hour) is None
    kept = await sign_in(story.database, "wang", PASSWORD, hour)
    assert kept is not None
    assert kept.account.display_name == "王值班"
    owners = "select array_agg(name order by name) from account where person is not null"
    assert await story.value(owners) == ["zhao"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("name,role,scool\nzhao,guard,S1\n", "nobody knows the column scool"),
        ("name,display_name\nzhao,赵\n", "the column role is missing"),
        ("name,role\nzhao,gard\n", "line 2: there is no role “gard”"),
        ("name,role\nrobot,integration\n", "line 2: programs come in with a token"),
        ("name,role\n,guard\n", "line 2: name is empty"),
        ("name,role\nzhao\n", "line 2: it has more or fewer values"),
        ("name,role\nzhao,guard,S1\n", "line 2: it has more or fewer values"),
        ("name,role\nzhao,guard\nli,guard\nzhao,guard\n", "line 4: zhao stands in line 2, too"),
        ('name,role\n"zhao,guard\n', "behind line 1: unexpected end of data"),
        ("", "is empty"),
    ],
)
def test_a_list_that_cannot_be_is_refused_as_a_whole(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ListInvalid, match=why):
        read_list(path)
