-- Plans for emergencies: what is to be done by whom, the cards that an incident makes of it, and who is trained for it.
-- Enum labels equal the values of the Python enums of the same meaning; a test says so.

create type plan_phase as enum ('before', 'self_help', 'mutual_help', 'reinforcement', 'after');
create type task_state as enum ('open', 'done', 'skipped', 'left_open');

-- ---------------------------------------------------------------- plans

-- Of the city, or of one school that does otherwise.
create table plan (
    code text primary key check (code ~ '^[A-Za-z0-9_-]{1,64}$'),
    school text references school
);
create index on plan (school) where school is not null;

-- A saved version never changes. `kinds` empty: for every kind of press. `valid_until` is the last day. `sample` marks
-- text that was invented for trying the service.
create table plan_version (
    plan text not null references plan,
    version integer not null check (version > 0),
    name text not null check (name <> ''),
    name_en text not null,
    kinds press_kind[] not null,
    valid_from date not null,
    valid_until date,
    sample boolean not null,
    saved_by text not null,
    saved_at timestamptz not null,
    primary key (plan, version),
    check (valid_until >= valid_from)
);

create table responsibility (
    plan text not null,
    version integer not null,
    number integer not null check (number > 0),
    phase plan_phase not null,
    text text not null check (text <> ''),
    text_en text not null,
    post post_kind not null,
    person text references person,
    deputy text references person,
    training boolean not null,
    certificate text check (certificate in ('guard', 'fire_control', 'first_aid', 'background_check', 'other')),
    primary key (plan, version, number),
    foreign key (plan, version) references plan_version,
    check (person <> deputy)
);

-- When somebody was last trained for a plan; days are those of the city.
create table training (
    person text not null references person,
    plan text not null references plan,
    trained_on date not null,
    saved_by text not null,
    saved_at timestamptz not null,
    primary key (person, plan)
);
create index on training (plan, trained_on);

-- The version of each plan that holds at an instant: the newest that has begun, unless its last day is over.
create function plans_in_force(at timestamptz)
returns table (plan text, version integer, school text, kinds press_kind[], sample boolean)
language sql stable as $$
    select newest.plan, newest.version, newest.school, newest.kinds, newest.sample from (
        select distinct on (v.plan) v.plan, v.version, p.school, v.kinds, v.sample, v.valid_until, t.today
        from plan_version v
        join plan p on p.code = v.plan
        left join school s on s.code = p.school
        cross join lateral (select (at at time zone coalesce(s.zone, 'Asia/Shanghai'))::date as today) as t
        where v.valid_from <= t.today
        order by v.plan, v.version desc
    ) as newest
    where newest.valid_until is null or newest.valid_until >= newest.today
$$;

-- The plans by which a school would act: for each kind of press the school's own before the city's, one for that very
-- kind before one for every kind.
create function plans_of_schools(at timestamptz, of_school text)
returns table (school text, district text, kind press_kind, plan text, version integer, sample boolean)
language sql stable as $$
    with in_force as materialized (select * from plans_in_force(at)),
    kinds as (select unnest(enum_range(null::press_kind)) as kind),
    of_city as materialized (
        select distinct on (k.kind) k.kind, f.plan, f.version, f.sample
        from kinds k join in_force f on f.school is null and (f.kinds = '{}' or k.kind = any(f.kinds))
        order by k.kind, f.kinds = '{}', f.plan
    ), of_school as materialized (
        select distinct on (f.school, k.kind) f.school, k.kind, f.plan, f.version, f.sample
        from kinds k join in_force f on f.school is not null and (f.kinds = '{}' or k.kind = any(f.kinds))
        order by f.school, k.kind, f.kinds = '{}', f.plan
    )
    select s.code, s.district, k.kind, coalesce(own.plan, c.plan), coalesce(own.version, c.version),
           coalesce(own.sample, c.sample)
    from school s
    cross join kinds k
    left join of_school own on own.school = s.code and own.kind = k.kind
    left join of_city c on c.kind = k.kind
    where (plans_of_schools.of_school is null or s.code = plans_of_schools.of_school)
        and coalesce(own.plan, c.plan) is not null
$$;

-- Who could do what a post has to do, each with what is in the way (the bits of alerts/domain/plans.py: 1 on leave, 2 no
-- verified method that works). Deputies stand in for whoever is on leave. Of one school: of its posts, its district's and the city's.
create function standing_of_posts(at timestamptz, of_school text)
returns table (site text, kind post_kind, person text, rank integer, failing integer)
language sql stable as $$
    with held as (
        select coalesce('school:' || p.school, 'district:' || p.district, 'city') as site, p.kind, h.person, h.rank,
               exists (select from leave l where l.person = h.person and l.starts_at <= at and l.ends_at > at) as away
        from post p join holding h on h.post = p.code
        where of_school is null or p.school = of_school
            or p.school is null and (p.district is null
                                     or p.district = (select s.district from school s where s.code = of_school))
    ), standing as (
        select site, kind, person, rank, away from held
        union all
        select h.site, h.kind, d.deputy, h.rank + 1000,
               exists (select from leave l where l.person = d.deputy and l.starts_at <= at and l.ends_at > at)
        from held h join deputy d on d.person = h.person
        where h.away
    )
    select s.site, s.kind, s.person, s.rank,
           s.away::integer + 2 * (not exists (
               select from contact_method m join channel c on c.code = m.channel
               where m.person = s.person and m.verified_at is not null and m.failing_since is null and c.enabled
                   and c.personal))::integer
    from standing s
$$;

-- ---------------------------------------------------------------- task cards

-- `site` is where the post is: 'school:CODE', 'district:CODE' or 'city'. `due_at` follows from the phase; none: before, after.
create table task (
    id bigint generated always as identity primary key,
    incident bigint not null references incident,
    plan text not null,
    version integer not null,
    number integer not null,
    phase plan_phase not null,
    text text not null,
    text_en text not null,
    post post_kind not null,
    site text not null,
    person text references person,
    person_name text,
    state task_state not null default 'open',
    opened_at timestamptz not null,
    due_at timestamptz,
    overdue_at timestamptz,
    settled_at timestamptz,
    settled_by text,
    note text,
    unique (incident, plan, number),
    foreign key (plan, version, number) references responsibility,
    check ((state in ('done', 'skipped')) = (settled_at is not null and settled_by is not null))
) with (fillfactor = 70);
create index task_due on task (due_at) where state = 'open' and overdue_at is null and due_at is not null;
create index task_open on task (incident) where state = 'open';
create index task_exercised on task (plan, number, site, settled_at) where state = 'done';

-- Whether an incident's cards were made; those of before this migration need none. The transaction of a press need not
-- know of it. `cards_open`: it has cards, to be looked at when it is closed.
alter table incident
    add column tasked boolean not null default true,
    add column cards_open boolean not null default false;
alter table incident alter column tasked set default false;
create index incident_not_tasked on incident (id) where not tasked;
create index incident_closed_over_cards on incident (id) where cards_open and state = 'closed';
