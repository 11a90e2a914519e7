-- Policies by place, and whether each school's presses would reach somebody in the coming days.

-- ---------------------------------------------------------------- policies by place

-- A rule says which policy counts where (a school, a district, or with neither the city) and under which conditions; the
-- most specific one wins (alerts/domain/policies.py). Its row is the newest version; all versions stay in policy_version.
create table policy_rule (
    id bigint generated always as identity primary key,
    mode press_mode not null,
    district text references district,
    school text references school,
    category incident_category,
    kind press_kind,
    school_kind school_kind,
    hours jsonb,
    name text not null default '',
    version integer not null,
    definition jsonb not null,
    saved_by text not null,
    saved_at timestamptz not null,
    retired_by text,
    retired_at timestamptz,
    check (num_nonnulls(district, school) <= 1),
    check (num_nonnulls(category, kind) <= 1),
    check ((retired_by is null) = (retired_at is null))
);
-- Two rules in force never have the same place and conditions, so it is always clear which one wins.
create unique index policy_rule_one_of_a_kind on policy_rule
    (mode, district, school, category, kind, school_kind, hours) nulls not distinct where retired_at is null;
create index policy_rule_of_school on policy_rule (school) where retired_at is null and school is not null;
create index policy_rule_of_district on policy_rule (district) where retired_at is null and district is not null;
create index policy_rule_of_city on policy_rule (mode) where retired_at is null and school is null and district is null;

create table policy_version (
    rule bigint not null references policy_rule,
    version integer not null,
    name text not null,
    category incident_category,
    kind press_kind,
    school_kind school_kind,
    hours jsonb,
    definition jsonb not null,
    saved_by text not null,
    saved_at timestamptz not null,
    primary key (rule, version)
);

-- What was saved before there were places counts for the whole city. Nobody could name 110 in it, so it says that it does
-- without, for people to see and to decide.
insert into policy_rule (mode, version, definition, saved_by, saved_at)
    select distinct on (mode) mode, version,
           definition || case when mode = 'live' and not definition @? '$.steps[*].targets[*] ? (@ == "police")'
                              then '{"without_police": true}'::jsonb else '{}'::jsonb end,
           saved_by, saved_at
    from policy order by mode, version desc;
insert into policy_version (rule, version, name, definition, saved_by, saved_at)
    select r.id, p.version, '', case when p.version = r.version then r.definition else p.definition end,
           p.saved_by, p.saved_at
    from policy p join policy_rule r on r.mode = p.mode;
drop table policy;

-- ---------------------------------------------------------------- coverage

-- Up to when a school was looked at last. A school that is not here was never looked at: unknown, not covered.
create table coverage_check (
    school text primary key references school,
    checked_at timestamptz not null,
    until timestamptz not null
);

-- Stretches in which a live press would reach nobody (`nobody`), or not those whom its first step wants
-- (`first_step_empty`). `kinds`: only presses of these kinds; empty, all. `lasts`: it goes on beyond what was looked at.
create table coverage_hole (
    id bigint generated always as identity primary key,
    school text not null references school,
    finding text not null check (finding in ('nobody', 'first_step_empty')),
    kinds press_kind[] not null,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    lasts boolean not null,
    reasons jsonb not null,
    found_at timestamptz not null,
    resolved_at timestamptz,
    resolution text check (resolution in ('mended', 'passed')),
    check (ends_at > starts_at),
    check ((resolved_at is null) = (resolution is null))
);
create index coverage_hole_open on coverage_hole (school) where resolved_at is null;
create index coverage_hole_by_time on coverage_hole (starts_at, id) where resolved_at is null;

-- What changed since the lint looked: of a school, a post, a person, a district, or `everything`. Rows are only added here
-- and removed by the lint that has seen the change, so that no writer waits for it.
create table coverage_stale (
    id bigint generated always as identity primary key,
    what text not null check (what in ('everything', 'district', 'school', 'post', 'person')),
    key text not null
);

-- Triggers, so that no use case can forget. The first argument says what the key names, the second which column it is in.
create function mark_coverage_stale() returns trigger language plpgsql as $$
begin
    if tg_op in ('INSERT', 'UPDATE') then
        execute format('insert into coverage_stale (what, key) select distinct %L, %I from added', tg_argv[0], tg_argv[1]);
    end if;
    if tg_op in ('DELETE', 'UPDATE') then
        execute format('insert into coverage_stale (what, key) select distinct %L, %I from removed',
                       tg_argv[0], tg_argv[1]);
    end if;
    return null;
end $$;
create function mark_all_coverage_stale() returns trigger language plpgsql as $$
begin
    insert into coverage_stale (what, key) values ('everything', tg_table_name);
    return null;
end $$;
create function mark_method_coverage_stale() returns trigger language plpgsql as $$
begin
    insert into coverage_stale (what, key) values ('person', coalesce(new.person, old.person));
    return null;
end $$;

create function watch_for_coverage(of_table regclass, what text, key text) returns void language plpgsql as $$
declare
    said text := format('mark_coverage_stale(%L, %L)', what, key);
begin
    execute format('create trigger coverage_insert after insert on %s referencing new table as added '
                   'for each statement execute function %s', of_table, said);
    execute format('create trigger coverage_delete after delete on %s referencing old table as removed '
                   'for each statement execute function %s', of_table, said);
    execute format('create trigger coverage_update after update on %s referencing old table as removed new table as added '
                   'for each statement execute function %s', of_table, said);
end $$;
select watch_for_coverage('duty', 'post', 'post'), watch_for_coverage('roster', 'post', 'post'),
       watch_for_coverage('holding', 'post', 'post'), watch_for_coverage('post', 'post', 'code'),
       watch_for_coverage('leave', 'person', 'person'), watch_for_coverage('deputy', 'person', 'person'),
       watch_for_coverage('school', 'school', 'code');
drop function watch_for_coverage;

create trigger coverage_policy after insert or update or delete on policy_rule
    for each statement execute function mark_all_coverage_stale();

-- Only what can change whether somebody is reached: neither a channel's allowance nor a code that was tried.
create trigger coverage_channel_added after insert or delete on channel
    for each statement execute function mark_all_coverage_stale();
create trigger coverage_channel after update on channel
    for each row when ((old.enabled, old.personal) is distinct from (new.enabled, new.personal))
    execute function mark_all_coverage_stale();
create trigger coverage_method_added after insert or delete on contact_method
    for each row execute function mark_method_coverage_stale();
create trigger coverage_method after update on contact_method
    for each row when ((old.person, old.channel, old.verified_at is null, old.failing_since is null)
                       is distinct from (new.person, new.channel, new.verified_at is null, new.failing_since is null))
    execute function mark_method_coverage_stale();

-- The lint looks at what is there already.
insert into coverage_stale (what, key) values ('everything', 'migration');
