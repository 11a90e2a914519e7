-- Closed-management compliance: evidence in its place, what people declare, school days, verdicts, breaches, hazards.

-- ---------------------------------------------------------------- evidence in its place

-- What a device is for; the rules of alarm buttons are no rules of gates.
create type device_role as enum ('alarm', 'gate', 'visitor_terminal', 'post_reader');
alter table device add column role device_role not null default 'alarm';

-- `place` is the school where the device is registered (null: it is not). An event counts at its own time, else at that of
-- its arrival. What a person checks in by telephone comes the same way, with the device `phone`.
alter table evidence add column place text, add column recorded_at timestamptz;
create index evidence_of_place on evidence (place, (coalesce(occurred_at, received_at))) where place is not null;

-- Who checked in where on a day and when last, written when the day is closed, of what counted: whether a post is used is
-- asked each day, and nobody reads a month of check-ins for it.
create table post_seen (
    school text not null,
    post text not null,
    person text not null,
    on_date date not null,
    at timestamptz not null,
    primary key (school, post, person, on_date)
);
create index post_seen_on on post_seen (on_date);

-- Where a post or a point of a patrol is: degrees (WGS-84), or metres on the school's own plan. `secret` signs the codes
-- that are shown there; a code counts once for each person, and for a short time. A point that is no more stays for the
-- days on which it was.
create table check_point (
    code text primary key check (code ~ '^[A-Za-z0-9_:-]{1,64}$'),
    school text not null references school,
    post text references post,
    name text not null,
    key_point boolean not null default false,
    latitude double precision,
    longitude double precision,
    x_metres double precision,
    y_metres double precision,
    secret bytea not null,
    saved_at timestamptz not null,
    retired_at timestamptz,
    check (num_nonnulls(latitude, longitude) in (0, 2)),
    check (num_nonnulls(x_metres, y_metres) in (0, 2))
);
create index check_point_of_school on check_point (school);

create table used_code (
    point text not null references check_point,
    code text not null,
    used_at timestamptz not null,
    person text not null,
    action text not null,
    primary key (point, code, person)
);
create index used_code_at on used_code (used_at);

-- A person's own way to check in by telephone without an account. Only the digest of its token is kept.
create table check_in_link (
    person text primary key references person on delete cascade,
    token_digest bytea not null unique,
    made_by text not null,
    made_at timestamptz not null
);

-- ---------------------------------------------------------------- what people declare or look at

-- Nothing is overwritten: a correction is a further row that names the one it corrects, with a reason. `seen_by` was there
-- and looked; `check_in` is that person's check-in nearby in time and place (`day/device/channel/identity`).
create table declared_fact (
    id bigint generated always as identity primary key,
    school text not null references school,
    kind text not null,
    about text,
    at timestamptz not null,
    by text not null,
    seen_by text references person,
    check_in text,
    grade text not null check (grade in ('C', 'D')),
    valid_until date,
    said jsonb not null default '{}',
    withdrawn boolean not null default false,
    corrects bigint unique references declared_fact,
    reason text not null default '' check (corrects is null or reason <> ''),
    recorded_at timestamptz not null
);
create index declared_fact_of_school on declared_fact (school, kind, at);

create table fact_photo (
    fact bigint not null references declared_fact,
    number integer not null,
    media_type text not null,
    sha256 bytea not null,
    content bytea not null,
    primary key (fact, number)
);

-- ---------------------------------------------------------------- when a school is open

-- `definition` is alerts.domain.compliance.schedule.Timetable without its place and days. A change is a further row that
-- begins later; `valid_until` is only ever brought forward to a day that has not been closed.
create table timetable (
    id bigint generated always as identity primary key,
    school_kind school_kind,
    school text references school,
    valid_from date not null,
    valid_until date,
    definition jsonb not null,
    saved_by text not null,
    saved_at timestamptz not null,
    check (num_nonnulls(school_kind, school) <= 1),
    check (valid_until is null or valid_from <= valid_until)
);
create index timetable_of_school on timetable (school, valid_from);

create table school_term (
    id bigint generated always as identity primary key,
    name text not null,
    first_on date not null,
    last_on date not null,
    school text references school,
    saved_by text not null,
    saved_at timestamptz not null,
    check (first_on <= last_on)
);

create table day_exception (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('early_closing', 'exam', 'closed_loop')),
    first_on date not null,
    last_on date not null,
    district text references district,
    school text references school,
    closes time,
    level text check (level in ('normal', 'tightened', 'closed')),
    reason text not null,
    saved_by text not null,
    saved_at timestamptz not null,
    retired_by text,
    retired_at timestamptz,
    check (first_on <= last_on),
    check (num_nonnulls(district, school) <= 1),
    check ((kind = 'early_closing') = (closes is not null)),
    check ((kind = 'closed_loop') = (level is not null))
);
create index day_exception_on on day_exception (first_on, last_on);

-- ---------------------------------------------------------------- rules and their numbers

-- A number that a level set in place of the catalogue's default. It ends by a later row or by `valid_until`.
create table rule_parameter (
    id bigint generated always as identity primary key,
    rule text not null,
    name text not null,
    level text not null check (level in ('national', 'province', 'city', 'school')),
    school text references school,
    value double precision not null,
    source text not null check (source <> ''),
    valid_from date not null,
    valid_until date,
    saved_by text not null,
    saved_at timestamptz not null,
    check ((level = 'school') = (school is not null)),
    check (valid_until is null or valid_from <= valid_until)
);
create index rule_parameter_of_rule on rule_parameter (rule, valid_from);

-- ---------------------------------------------------------------- verdicts that stand now

-- The verdict of each rule at each school on its present day. `look_again_at` is a deadline: then it is judged with no new
-- evidence at all.
create table standing_verdict (
    school text not null references school,
    rule text not null,
    on_date date not null,
    verdict text not null check (verdict in ('met', 'not_met', 'unknown', 'declared', 'not_applicable')),
    since timestamptz not null,
    judged_at timestamptz not null,
    judgement jsonb not null,
    look_again_at timestamptz,
    primary key (school, rule)
);
create index standing_verdict_due on standing_verdict (look_again_at) where look_again_at is not null;
create index standing_verdict_of_rule on standing_verdict (rule, verdict, school);

-- What stands at a school in one row, its letters kept by triggers: one a rule (m, n, u, d, -) in the order of `rules`, as
-- school_day has it; and when the first deadline is. The row is the turn to judge the school: two engines never judge one
-- school at once. Boards and figures read this, and never walk over all verdicts.
create table school_standing (
    school text primary key references school,
    on_date date,
    judged_at timestamptz,
    look_again_at timestamptz not null default '-infinity',
    rules text[] not null default '{}',
    verdicts text not null default '',
    check (length(verdicts) = cardinality(rules))
);
create index school_standing_due on school_standing (look_again_at);

create function sum_up_standing() returns trigger language plpgsql as $$
begin
    -- Two who judge the same school take turns here; the second one then sees what the first one wrote.
    insert into school_standing (school) select distinct school from changed order by school on conflict do nothing;
    perform from school_standing where school in (select school from changed) order by school for update;
    update school_standing s set on_date = v.on_date, judged_at = v.judged_at, rules = v.rules, verdicts = v.verdicts
    from (
        select school, max(on_date) as on_date, max(judged_at) as judged_at, array_agg(rule order by rule) as rules,
               string_agg(case verdict when 'met' then 'm' when 'not_met' then 'n' when 'declared' then 'd'
                                       when 'unknown' then 'u' else '-' end, '' order by rule) as verdicts
        from standing_verdict where school in (select school from changed) group by school
    ) v where s.school = v.school;
    return null;
end $$;

create trigger standing_inserted after insert on standing_verdict referencing new table as changed
    for each statement execute function sum_up_standing();
create trigger standing_updated after update on standing_verdict referencing new table as changed
    for each statement execute function sum_up_standing();

-- What changed since a school was judged: evidence, devices, people, facts … (`input`, `everything` for all of it); of all
-- schools, with no school. `on_date` is the school's own day of which evidence tells; null: what holds now changed.
create table compliance_stale (
    id bigint generated always as identity primary key,
    school text,
    input text not null,
    on_date date,
    wide boolean not null default false -- one of many: what changed at a single school goes first
);
create index compliance_stale_of_school on compliance_stale (school);

-- Closed days of which something came in late, from when and until when so far. Each is amended once no more of it comes.
create table late_day (
    on_date date not null,
    school text not null references school,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (on_date, school)
);

-- The day that is closed next; its row is the turn to close. It begins with the day on which the first school is judged.
create table day_closing (
    one boolean primary key default true check (one),
    next_on date not null
);

-- When a device became what it is: the log's rows in a shape that a month of a city can be asked for. `at` is when it was
-- last heard for one that fell silent, so that the stretch in which nobody heard it is whole.
create table device_transition (
    device text not null,
    at timestamptz not null,
    number bigint generated always as identity,
    link device_link not null,
    troubles text[] not null,
    primary key (device, at, number)
);
insert into device_transition (device, at, link, troubles)
    select item ->> 'device', log.at, (item ->> 'link')::device_link,
           array(select json_array_elements_text(item -> 'troubles'))
    from log cross join lateral json_array_elements(body -> 'devices') as item
    where log.kind like 'device.%' order by position;
insert into log_reader (name, position) select 'compliance', position from log_head;

-- A breach is a rule not met at a school, from when it was seen until it was met again. It has an owner and a deadline.
create table breach (
    id bigint generated always as identity primary key,
    school text not null references school,
    rule text not null,
    on_date date not null,
    opened_at timestamptz not null,
    judgement jsonb not null,
    owner text references person,
    owner_post text,
    due_at timestamptz not null,
    repeats integer not null default 0,
    escalated_at timestamptz,
    closed_at timestamptz,
    proof jsonb,
    check ((closed_at is null) = (proof is null))
);
create unique index breach_open on breach (school, rule) where closed_at is null;
create index breach_due on breach (due_at) where closed_at is null and escalated_at is null;
create index breach_of_school on breach (school, opened_at);

-- ---------------------------------------------------------------- days that are over

-- One row a school, day and version of it, never changed: version 0 closes the day after midnight, each later one is an
-- amendment by evidence that came late. `verdicts` has one letter a rule (m, n, u, d, -) in the order of `rules`;
-- `evidence_hash` covers every raw row that was there.
create table school_day (
    on_date date not null,
    school text not null,
    version integer not null,
    closed_at timestamptz not null,
    rules text[] not null,
    verdicts text not null,
    parameters bigint[] not null,
    judgements jsonb not null,
    evidence_rows integer not null,
    evidence_hash bytea not null,
    reason text not null default '',
    primary key (on_date, school, version),
    check (length(verdicts) = cardinality(rules))
) partition by range (on_date);
create trigger school_day_stays before update or delete on school_day
    for each row execute function refuse_change();
create trigger school_day_is_not_truncated before truncate on school_day
    for each statement execute function refuse_change();

-- A partition a month, made before the first day of it is closed.
create function ensure_school_day_partition(of_date date) returns void language plpgsql as $$
declare
    month date := date_trunc('month', of_date)::date;
    name text := 'school_day_' || to_char(of_date, 'YYYYMM');
begin
    perform pg_advisory_xact_lock(hashtext('campus.school_day.partitions'));
    if to_regclass(name) is null then
        execute format('create table %I partition of school_day for values from (%L) to (%L)',
                       name, month, (month + interval '1 month')::date);
        execute format('create trigger school_day_is_not_truncated before truncate on %I '
                       'for each statement execute function refuse_change()', name);
    end if;
end $$;

-- Counts of the newest version of each day, so that a figure costs no walk over schools. `rule` is the code of a rule, or a
-- hundred or a team by the name of its group (closed, alarm, guards, team, crossing): then it counts what the rules of it
-- come to at each school (alerts.domain.compliance.headline.judge_groups).
create table day_figure (
    on_date date not null,
    district text not null,
    school_kind school_kind not null,
    ownership ownership not null,
    education_group text not null default '',
    rule text not null,
    met integer not null,
    not_met integer not null,
    unknown integer not null,
    declared integer not null,
    not_applicable integer not null,
    primary key (on_date, district, school_kind, ownership, education_group, rule)
);
create index day_figure_of_rule on day_figure (rule, on_date);

-- Which days were closed for the whole city, and the position of the log when that was done.
create table closed_day (
    on_date date primary key,
    closed_at timestamptz not null,
    schools integer not null,
    position bigint not null
);

-- ---------------------------------------------------------------- hazards and what the public reports

create table hazard (
    id bigint generated always as identity primary key,
    school text not null references school,
    source text not null check (source in ('inspection', 'school', 'parent', 'public', 'service')),
    title text not null,
    text text not null default '',
    place text not null default '',
    fingerprint text not null,
    repeats bigint references hazard,
    opened_at timestamptz not null,
    opened_by text not null,
    owner text references person,
    due_at timestamptz,
    escalated_at timestamptz,
    closed_at timestamptz,
    closed_by text,
    proof_text text,
    proof_fact bigint references declared_fact,
    check ((closed_at is null) = (closed_by is null))
);
create index hazard_open on hazard (school) where closed_at is null;
create index hazard_due on hazard (due_at) where closed_at is null and escalated_at is null;
create index hazard_alike on hazard (school, fingerprint);
