"""What people choose at the board follows their accounts."""

from __future__ import annotations

from alerts.accounts import remove_account, save_account
from alerts.domain.preferences import LONGEST_NAME, LONGEST_QUERY, MOST_VIEWS
from alerts.domain.rights import Role
from alerts.storage.accounts import Account
from tests.dashboard.board import OPERATOR_TOKEN, PASSWORD, Dashboard
from tests.dashboard.test_rights import slug_of

OWN = "/api/v1/session/preferences"
NOTHING = {"language": None, "theme": None, "shortcuts": None, "views": None}
VIEWS = [{"name": "离线的学校", "query": "?wanted=offline"}]


async def test_what_a_person_chose_is_there_on_another_machine_and_is_nobody_elses(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as desk, dashboard.client() as colleague:
        assert (await desk.patch(OWN, json={"language": "en", "views": VIEWS})).status_code == 204
        async with dashboard.browser("wang") as home:
            assert (await home.patch(OWN, json={"theme": "dark", "language": None})).status_code == 204
        said = (await desk.get("/api/v1/session")).json()
        assert said["preferences"] == {"language": "en", "theme": "dark", "shortcuts": None, "views": VIEWS}
        signed_in = await colleague.post("/api/v1/session", json={"name": "chen", "password": PASSWORD})
        assert signed_in.json()["preferences"] == NOTHING


async def test_choices_have_limits_and_none_of_what_is_refused_is_kept(dashboard: Dashboard) -> None:
    most = [{"name": "值" * LONGEST_NAME, "query": f"{n:02}{'班' * (LONGEST_QUERY - 2)}"} for n in range(MOST_VIEWS)]
    refused = (
        ("body.language", {"theme": "dark", "language": "fr"}),
        ("body.theme", {"theme": "pink"}),
        ("body.shortcuts", {"shortcuts": "sometimes"}),
        ("body.views", {"views": [*most, *VIEWS]}),
        ("body.views", {"views": VIEWS * 2}),
        ("body.views.0.name", {"views": [{"name": "x" * (LONGEST_NAME + 1), "query": "?"}]}),
        ("body.views.0.query", {"views": [{"name": "x", "query": "?" * (LONGEST_QUERY + 1)}]}),
        ("body.views.0.query", {"views": [{"name": "x", "query": "?\0"}]}),
    )
    async with dashboard.browser("wang") as browser:
        for field, body in refused:
            answer = await browser.patch(OWN, json=body)
            assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field), answer.text
        assert (await browser.get("/api/v1/session")).json()["preferences"] == NOTHING
        assert (await browser.patch(OWN, json={"views": most})).status_code == 204
        assert (await browser.get("/api/v1/session")).json()["preferences"]["views"] == most


async def test_neither_another_site_nor_a_program_chooses_for_a_person(dashboard: Dashboard) -> None:
    async with dashboard.browser("wang") as browser, dashboard.client(OPERATOR_TOKEN) as program:
        foreign = await browser.patch(OWN, json={"theme": "dark"}, headers={"Sec-Fetch-Site": "cross-site"})
        assert (foreign.status_code, slug_of(foreign)) == (403, "cross-site")
        assert slug_of(await program.patch(OWN, json={"theme": "dark"})) == "only-people"
        assert (await program.get("/api/v1/session")).json()["preferences"] == NOTHING


async def test_choices_go_with_their_account(dashboard: Dashboard) -> None:
    database = dashboard.story.database
    async with dashboard.browser("wang") as browser:
        await browser.patch(OWN, json={"views": VIEWS})
    await remove_account(database, "wang", "test")
    await save_account(database, Account("wang", "另一位", Role.CITY_DESK), PASSWORD, "test", own_password=True)
    async with dashboard.browser("wang") as browser:
        assert (await browser.get("/api/v1/session")).json()["preferences"] == NOTHING
