"""The city of the stories that run on real processes: the small one, and forty more schools to press in."""

from __future__ import annotations

from tests.alerts.story import CITY

DISTRICT = "370202"
SCHOOLS = tuple(f"F{number:02}" for number in range(1, 41))
BUTTONS = tuple(f"{school}-{place}" for school in SCHOOLS for place in ("G1", "G2", "C1"))
DEVICE_PASSWORD = "a device's password"

REGISTERED = ("S1-G1", "S1-C1", "S2-G1", "S3-G1", *BUTTONS)
GHOST = "GHOST-1"  # may sign in at the broker; nobody registered it
LOOSE = "LOOSE-1"  # a careless installer let it speak on every topic, where the broker can be told so
GATES = ("F01-S1", "F02-S1")  # sensors of gates, which one story registers
SIGN_INS = (*REGISTERED, GHOST, LOOSE, *GATES)

STORIES_CITY = (
    CITY
    + """
insert into school (code, district, name, kind, ownership, students, boarders)
    select 'F' || to_char(n, 'FM00'), '370202', '第' || n || '实验小学', 'primary', 'public', 600, 0
    from generate_series(1, 40) as n;
insert into point (school, kind, name)
    select code, 'gatehouse', '门卫室' from school where code like 'F%';
insert into device (code, school, point, interval_seconds)
    select s.code || '-' || place, s.code, p.id, 60
    from school s join point p on p.school = s.code cross join unnest(array['G1', 'G2', 'C1']) as place
    where s.code like 'F%';
insert into person (code, name) select code || '-duty', '值班' || code from school where code like 'F%';
insert into post (code, kind, name, school)
    select code || ':duty', 'school_duty', '值班', code from school where code like 'F%';
insert into holding (post, person) select code || ':duty', code || '-duty' from school where code like 'F%';
"""
)


def school_of(device: str) -> str:
    """The school that a registered device belongs to."""
    return device.partition("-")[0]


def topic_of(device: str, channel: str) -> str:
    """Where a registered device of the district speaks."""
    return f"campus/v1/{DISTRICT}/{school_of(device)}/{device}/{channel}"
