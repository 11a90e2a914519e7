"""Lands people and the posts that they hold: a row is one holding, so a person may stand in several rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alerts.domain.registry import (
    DISTRICT_POSTS,
    SCHOOL_POSTS,
    District,
    Holding,
    Person,
    Post,
    PostKind,
    School,
    SchoolKind,
)
from alerts.importing.contacts import ContactLanding
from alerts.importing.landing import FirstLines, Sayings, Signature, collect, split_rows
from alerts.importing.report import Ledger
from alerts.importing.rows import Row
from alerts.importing.words import POST_KINDS
from alerts.storage.database import Connection
from alerts.storage.registry import (
    find_holdings,
    find_people,
    find_posts,
    find_schools,
    list_districts,
    save_holdings,
    save_people,
    save_posts,
)

_POST_NAMES = {
    PostKind.SCHOOL_DUTY: "{place}值班岗",
    PostKind.PRINCIPAL: "{place}校长",
    PostKind.DUTY_LEADER: "{place}带班领导",
    PostKind.GUARD: "{place}专职保安",
    PostKind.GUARD_TEAM: "{place}护校队",
    PostKind.CROSSING_POST: "{place}护学岗",
    PostKind.DISTRICT_DESK: "{place}值班台",
    PostKind.SUPERVISOR: "{place}督导",
    PostKind.CITY_DESK: "市值班台",
    PostKind.POLICE_LINK: "110接警台",
    PostKind.HEAD_OF_BUREAU: "市教育局局长",
}
_CITY = "city"
_HEAD_OF_KINDERGARTEN = "{place}园长"


@dataclass(frozen=True, slots=True)
class _Places:
    """The registered schools and districts that a batch may name."""

    schools: Mapping[str, School]
    districts: Mapping[str, District]


class PeopleLanding:
    """Every row is settled with its batch, for a holding needs nothing but its school or district; deputies wait."""

    def __init__(self, signature: Signature) -> None:
        self.ledger = Ledger(("holdings", "people", "posts"))
        self._contacts = ContactLanding(self.ledger, signature)
        self.touched: set[str] = set()
        self._lines = FirstLines()
        self._names = Sayings("name")
        self._phones = Sayings("phone")

    async def take(self, connection: Connection, rows: Sequence[Row]) -> None:
        """Lands a batch."""
        places = _Places(
            schools=await find_schools(connection, collect(rows, "school")),
            districts={one.code: one for one in await list_districts(connection)},
        )
        for row in rows:
            self._check(row, places)
        good = split_rows(rows, self.ledger)
        posts = [_post_of(row, places) for row in good]
        await self._save_people(connection, good)
        await self._save_posts(connection, posts)
        await self._save_holdings(connection, good, posts)
        await self._contacts.take(connection, good)

    async def finish(self, connection: Connection) -> None:
        """Lands the deputies."""
        await self._contacts.finish(connection)

    def _check(self, row: Row, places: _Places) -> None:
        code = row.get("code")
        self._names.hear(row, code, f"the person {code}")
        self._phones.hear(row, code, f"the person {code}")
        self._contacts.check(row)
        _check_place(row, places)
        place = _place_of(row)
        if code and place:
            what = f"the person {code} in the post {POST_KINDS[row.values['post']][0]} of {place}"
            self._lines.refuse_repeat(row, "code", (code, row.values["post"], place), what)

    async def _save_people(self, connection: Connection, rows: Sequence[Row]) -> None:
        codes = collect(rows, "code")
        known = await find_people(connection, codes)
        news: list[Person] = []
        for code in sorted(codes):
            before = known.get(code)
            phone = self._phones.get(code) or (before.phone if before else "")
            after = Person(code, self._names.get(code), phone)
            if self.ledger.settle("people", code, before, after):
                news.append(after)
        await save_people(connection, news)

    async def _save_posts(self, connection: Connection, posts: Sequence[Post]) -> None:
        wanted = {post.code: post for post in posts}
        known = await find_posts(connection, wanted)
        news = [post for code, post in wanted.items() if self.ledger.settle("posts", code, known.get(code), post)]
        await save_posts(connection, news)

    async def _save_holdings(self, connection: Connection, rows: Sequence[Row], posts: Sequence[Post]) -> None:
        known = await find_holdings(connection, collect(rows, "code"))
        news: list[Holding] = []
        for row, post in zip(rows, posts, strict=True):
            key = (post.code, row.values["code"])
            before = known.get(key)
            rank = row.values.get("rank", before.rank if before else 1)
            after = Holding(*key, rank)
            if self.ledger.settle("holdings", key, before, after):
                news.append(after)
        await save_holdings(connection, news)


def _check_place(row: Row, places: _Places) -> None:
    """A post of a school names its school, one of a district its district, one of the city neither."""
    kind, school, district = row.get("post"), row.get("school"), row.get("district")
    if school and school not in places.schools:
        row.refuse("school", f"there is no school {school}: import the schools first")
    if district and district not in places.districts:
        row.refuse("district", f"there is no district {district}: import its schools first")
    if kind is None:
        return
    label = POST_KINDS[kind][0]
    if kind in SCHOOL_POSTS:
        if row.is_empty("school"):
            row.refuse("school", f"is needed for the post {label}")
        elif district and school in places.schools and places.schools[school].district != district:
            row.refuse("district", f"the school {school} belongs to the district {places.schools[school].district}")
        return
    if school:
        row.refuse("school", f"must be empty for the post {label}, which belongs to no school")
    if kind in DISTRICT_POSTS and row.is_empty("district"):
        row.refuse("district", f"is needed for the post {label}")
    if kind not in DISTRICT_POSTS and district:
        row.refuse("district", f"must be empty for the post {label}, which is the city's")


def _place_of(row: Row) -> str | None:
    """The school, district or city to whom the row's post belongs; None when the row does not tell."""
    kind = row.get("post")
    if kind is None:
        return None
    place: str | None
    place = row.get("school") if kind in SCHOOL_POSTS else row.get("district") if kind in DISTRICT_POSTS else _CITY
    return place


def _post_of(row: Row, places: _Places) -> Post:
    """The post of a good row; its code and its name follow from its kind and place."""
    kind, place, template = row.values["post"], _place_of(row), _POST_NAMES[row.values["post"]]
    code = f"{place}:{kind}"
    if kind in SCHOOL_POSTS:
        school = places.schools[row.values["school"]]
        if kind is PostKind.PRINCIPAL and school.kind is SchoolKind.KINDERGARTEN:
            template = _HEAD_OF_KINDERGARTEN
        return Post(code, kind, template.format(place=school.name), school=school.code)
    if kind in DISTRICT_POSTS:
        district = places.districts[row.values["district"]]
        return Post(code, kind, template.format(place=district.name), district=district.code)
    return Post(code, kind, template)
