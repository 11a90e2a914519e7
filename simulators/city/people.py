"""Who can be called: invented people on the posts of schools, districts and the city. Never a pupil."""

from __future__ import annotations

from alerts.domain.registry import District, Holding, Person, Post, PostKind, School, SchoolKind
from simulators.chance import make_random
from simulators.city.names import PersonNames

# Country code 999 is assigned to nobody, so no telephone network can carry a call to these numbers.
PHONE_PREFIX = "+9990532"

CROSSING_PEOPLE = 3  # marked teachers, as rule H4 asks
GUARDS_AT_LEAST = 2  # so that one is there by day and one by night
DESK_PEOPLE, SUPERVISORS, CITY_DESK_PEOPLE, POLICE_LINKS = 3, 2, 6, 2


class Staff:
    """People, posts and who holds which, as they are appointed."""

    def __init__(self, seed: int) -> None:
        self._names = PersonNames(make_random(seed, "people"))
        self.people: list[Person] = []
        self.posts: list[Post] = []
        self.holdings: list[Holding] = []

    def appoint(self, post: Post, place: str, many: int) -> None:
        """Fill a post with that many new people, the first called first. `place` begins their codes."""
        self.posts.append(post)
        for rank in range(1, many + 1):
            person = self._hire(f"{place}-{_LETTERS[post.kind]}{rank}")
            self.holdings.append(Holding(post.code, person.code, rank))

    def _hire(self, code: str) -> Person:
        person = Person(code, self._names.name(), f"{PHONE_PREFIX}{len(self.people) + 1:06d}")
        self.people.append(person)
        return person


_LETTERS = {
    PostKind.SCHOOL_DUTY: "duty",
    PostKind.PRINCIPAL: "head",
    PostKind.GUARD: "guard",
    PostKind.CROSSING_POST: "crossing",
    PostKind.DISTRICT_DESK: "desk",
    PostKind.SUPERVISOR: "super",
    PostKind.CITY_DESK: "desk",
    PostKind.POLICE_LINK: "link",
    PostKind.HEAD_OF_BUREAU: "head",
}


def staff_city(
    districts: tuple[District, ...], schools: tuple[School, ...], seed: int, watched: tuple[School, ...] = ()
) -> Staff:
    """Every post of the city with its people; the crossing post (护学岗) at watched schools alone. Codes of posts are
    those that an import gives them."""
    staff = Staff(seed)
    staff.appoint(_make_post(PostKind.CITY_DESK, "市值班台"), "QD", CITY_DESK_PEOPLE)
    staff.appoint(_make_post(PostKind.POLICE_LINK, "110接警台"), "QD-110", POLICE_LINKS)
    staff.appoint(_make_post(PostKind.HEAD_OF_BUREAU, "市教育局局长"), "QD", 1)
    for district in districts:
        _staff_district(staff, district)
    for school in schools:
        _staff_school(staff, school)
    for school in watched:
        post = _make_post(PostKind.CROSSING_POST, f"{school.name}护学岗", school=school.code)
        staff.appoint(post, school.code, CROSSING_PEOPLE)
    return staff


def _make_post(kind: PostKind, name: str, *, district: str | None = None, school: str | None = None) -> Post:
    return Post(f"{school or district or 'city'}:{kind}", kind, name, district=district, school=school)


def _staff_district(staff: Staff, district: District) -> None:
    code, name = district.code, district.name
    staff.appoint(_make_post(PostKind.DISTRICT_DESK, f"{name}值班台", district=code), code, DESK_PEOPLE)
    staff.appoint(_make_post(PostKind.SUPERVISOR, f"{name}督导", district=code), code, SUPERVISORS)


def _staff_school(staff: Staff, school: School) -> None:
    code, name = school.code, school.name
    many = 2 + (school.students >= 1_000) + (school.boarders > 0)
    staff.appoint(_make_post(PostKind.SCHOOL_DUTY, f"{name}值班岗", school=code), code, many)
    staff.appoint(_make_post(PostKind.GUARD, f"{name}保安岗", school=code), code, count_guards(school.students))
    title = "园长" if school.kind is SchoolKind.KINDERGARTEN else "校长"
    staff.appoint(_make_post(PostKind.PRINCIPAL, f"{name}{title}", school=code), code, 1)


def count_guards(students: int) -> int:
    """专职保安 against enrolment, as rule G1 (GB/T 29315-2022): 2 below 1,000, then 3 and 1 for each 500 more."""
    return GUARDS_AT_LEAST if students < 1_000 else 3 + (students - 1_000) // 500
