-- Who is there: how methods were proved, certificates, rosters with their overrides, calendars, and the duty that follows.

-- ---------------------------------------------------------------- how a method was proved

-- `verified_by` is `code`, or who vouched for it. The code itself stands only in the notice that carries it, and is wiped
-- from there when it was used or its time is up.
alter table contact_method
    add column verified_by text,
    add column code_notice bigint references notice,
    add column code_sent_at timestamptz;
create index contact_method_code_due on contact_method (code_expires_at) where code_expires_at is not null;
create index contact_method_of_person on contact_method (person, rank);

-- ---------------------------------------------------------------- certificates

create table certificate (
    id bigint generated always as identity primary key,
    person text not null references person,
    kind text not null check (kind in ('guard', 'fire_control', 'first_aid', 'background_check', 'other')),
    number text not null,
    valid_until date not null,
    note text not null default '',
    saved_by text not null,
    saved_at timestamptz not null,
    unique (person, kind, number)
);
create index certificate_by_end on certificate (valid_until);

create index deputy_of on deputy (deputy);

-- ---------------------------------------------------------------- rosters

-- `calendar` is an imported .ics whose events name people. `expand_at`: when an engine carries the duty on.
alter table roster
    add column calendar text,
    add column expand_at timestamptz not null default now();
create index roster_due on roster (expand_at);

create table roster_version (
    post text not null references post,
    version integer not null,
    definition jsonb,
    calendar text,
    saved_by text not null,
    saved_at timestamptz not null,
    primary key (post, version)
);

-- Everybody whom a post's roster, its calendar or its overrides name: whose leave touches which post.
create table roster_person (
    post text not null references post,
    person text not null references person,
    primary key (post, person)
);
create index on roster_person (person);

-- Somebody else, somebody more, or nobody, for a time. The two halves of a swap bear one number.
create table duty_override (
    id bigint generated always as identity primary key,
    post text not null references post,
    kind text not null check (kind in ('replace', 'add', 'nobody')),
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    person text references person,
    instead_of text references person,
    swap bigint,
    note text not null default '',
    saved_by text not null,
    saved_at timestamptz not null,
    check (ends_at > starts_at),
    check ((person is null) = (kind = 'nobody'))
);
create index on duty_override (post, ends_at);
create index on duty_override (person, ends_at);
create sequence duty_swap;

-- `instead_of` is whom a deputy or an override replaces; `assumed`: the day's kind is a guess, for nobody knows that
-- year's holidays yet.
alter table duty
    add column instead_of text references person,
    add column assumed boolean not null default false;

-- Where somebody should be on duty and is not. `empty`: nobody at all is there in their stead.
create table duty_hole (
    post text not null references post,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    shift text not null,
    person text not null default '',
    reason text not null,
    empty boolean not null,
    primary key (post, starts_at, shift, person, reason),
    check (ends_at > starts_at)
);
create index on duty_hole (post, ends_at);
create index on duty_hole (ends_at);

-- ---------------------------------------------------------------- calendars

-- Days that a school, a district (no school) or the city (neither) keeps otherwise than the national calendar says.
create table calendar_day (
    id bigint generated always as identity primary key,
    on_date date not null,
    district text references district,
    school text references school,
    kind text not null check (kind in ('workday', 'holiday')),
    name text not null,
    saved_by text not null,
    saved_at timestamptz not null,
    check (district is null or school is null),
    unique nulls not distinct (on_date, district, school)
);

-- Years whose days off people entered whole, because the service's own calendar does not know them.
create table calendar_year (
    year integer primary key check (year between 2000 and 2200),
    saved_by text not null,
    saved_at timestamptz not null
);

-- Says when people were last told that a coming year is unknown, so that several engines tell it once a day.
create table calendar_warning (
    one boolean primary key default true check (one),
    due_at timestamptz not null default '-infinity'
);
insert into calendar_warning default values;

-- ---------------------------------------------------------------- calendars to subscribe to

-- Whoever has the address may read the duty of one person or one post; only its digest is kept.
create table duty_feed (
    token_hash bytea primary key,
    person text references person,
    post text references post,
    saved_by text not null,
    saved_at timestamptz not null,
    check (num_nonnulls(person, post) = 1)
);
create unique index on duty_feed (person) where person is not null;
create unique index on duty_feed (post) where post is not null;
