"""A city that is hard to prove: nearly nobody can be reached, each for a reason of their own, and people come and go.

Six rostered posts a school in three shifts a day that begin whenever they like, desks that change every 90 minutes,
leave in pieces, and policies by hours, kinds of press and kinds of school.
"""

from __future__ import annotations

from datetime import UTC, datetime, time

from alerts.domain.escalation import Policy, Step
from alerts.domain.policies import Hours, Rule
from alerts.domain.presses import Kind, Mode
from alerts.domain.registry import SchoolKind
from alerts.storage.database import Connection
from alerts.storage.policies import add_rule

# One in forty people has a telephone that works; the others' are failing, not verified, of a channel that is off, or
# missing. No shift begins when another post's does.
FAILURES = """
delete from duty;
delete from contact_method;
delete from leave;
insert into post (code, kind, name, school)
    select school.code || ':' || word || number, word::post_kind, word, school.code from school,
    (values ('guard', 1), ('duty_leader', 1), ('crossing_post', 1), ('guard_team', 1)) as more (word, number);
insert into holding (post, person, rank)
    select more.code, holding.person, holding.rank from post more
    join post known on known.school = more.school and known.kind = 'school_duty'
    join holding on holding.post = known.code
    on conflict do nothing;
insert into contact_method (person, rank, channel, address, added_at, verified_at, failing_since)
    select code, rank, case when abs(hashtext(code)) % 5 = 3 then 'mail' when rank = 1 then 'sms' else 'voice' end,
           rank::text, now(), case when abs(hashtext(code)) % 5 <> 1 then now() end,
           case when abs(hashtext(code)) % 5 in (0, 2) and abs(hashtext(code)) % 40 > 0 then now() end
    from person, generate_series(1, 2) as rank where abs(hashtext(code)) % 5 <> 4;
update channel set enabled = code in ('sms', 'voice');
insert into roster (post, definition, version, saved_by, saved_at, expanded_until)
    select code, '{}', 1, 'bench', now(), now() from post
    where kind in ('school_duty', 'guard', 'duty_leader', 'crossing_post', 'guard_team', 'district_desk', 'city_desk',
                   'supervisor')
    on conflict do nothing;
with place as (
    select code, case when school is null then 90 else 480 end as minutes, abs(hashtext(code)) % 480 as late,
           (select array_agg(person order by rank) from holding where post = code) as people
    from post join roster on roster.post = post.code
), turn as (
    select place.*, number,
           date_trunc('day', now()) + make_interval(days => -2, mins => number * minutes + late) as starts_at
    from place, generate_series(0, 180) as number where number * minutes < 60 * 24 * 11
)
insert into duty (post, starts_at, ends_at, person, shift, source)
    select code, starts_at, starts_at + make_interval(mins => minutes),
           people[1 + number % cardinality(people)], 'shift', 'rotation'
    from turn where cardinality(people) > 0 and (number + late) % 11 > 0 on conflict do nothing;
insert into leave (person, starts_at, ends_at, saved_by, saved_at)
    select code, at, at + make_interval(mins => 40 + abs(hashtext(code)) % 300), 'bench', now()
    from person, generate_series(0, 6) as day,
    lateral (select now() + make_interval(days => day, mins => abs(hashtext(code || day)) % 1440) as at) as begun
    where abs(hashtext(code)) % 3 = 0;
analyze;
"""
LOCAL = ("police", "post:school_duty", "post:guard", "on_duty")
NEAR = ("post:duty_leader", "post:crossing_post", "team:guard_team", "neighbours:800")
DAY = Policy(
    (Step(0, LOCAL), Step(10, NEAR), Step(25, ("district",)), Step(40, ("city",)), Step(90, ("post:head_of_bureau",))),
    30,
)
NIGHT = Policy(
    (Step(0, LOCAL), Step(15, NEAR, ("voice",)), Step(35, ("city", "post:supervisor")), Step(75, ("city",))), 20
)
FIRE = Policy((Step(0, LOCAL), Step(7, NEAR), Step(21, ("on_duty",), ("sms",)), Step(45, ("district",))), 15)
RULES = (
    Rule(0, 0, Mode.LIVE, DAY),
    Rule(0, 0, Mode.LIVE, NIGHT, hours=Hours(time(18), time(7))),
    Rule(0, 0, Mode.LIVE, NIGHT, hours=Hours(time(12), time(13, 30), (1, 2, 3, 4, 5))),
    Rule(0, 0, Mode.LIVE, FIRE, kind=Kind.FIRE),
    Rule(0, 0, Mode.LIVE, DAY, kind=Kind.MEDICAL, hours=Hours(time(9), time(9, 45))),
    Rule(0, 0, Mode.LIVE, FIRE, school_kind=SchoolKind.KINDERGARTEN, hours=Hours(time(7), time(8, 30))),
)


async def make_nearly_all_fail(connection: Connection) -> None:
    """Puts people on duty who cannot be reached, and such policies in force."""
    await connection.execute(FAILURES)
    for rule in RULES:
        await add_rule(connection, rule, "bench", datetime.now(UTC))
