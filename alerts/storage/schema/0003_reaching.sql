-- Every press reaches a person: how people are reached, who is on duty, and what became of each message.

-- ---------------------------------------------------------------- how a person is reached

-- `personal` channels reach one person at an address of their own; the others (log, webhook) take messages for anybody.
-- `confirms`: the provider tells later whether a message arrived. `rate_per_second` throttles what is not live.
alter table channel
    add column personal boolean not null default true,
    add column confirms boolean not null default false,
    add column rate_per_second integer check (rate_per_second > 0),
    add column allowance double precision not null default 0,
    add column allowance_at timestamptz not null default now();
update channel set personal = false;
insert into channel (code, enabled) values
    ('sms', false), ('voice', false), ('dingtalk', false), ('wecom', false), ('feishu', false), ('mail', false),
    ('apprise', false);

-- In the person's own order; one counts only when its owner proved by a code that it reaches them.
create table contact_method (
    id bigint generated always as identity primary key,
    person text not null references person,
    rank integer not null check (rank > 0),
    channel text not null references channel,
    address text not null check (address <> ''),
    added_at timestamptz not null,
    verified_at timestamptz,
    failing_since timestamptz,
    code_hash bytea,
    code_expires_at timestamptz,
    code_attempts integer not null default 0,
    unique (person, channel, address)
);
create index on contact_method (channel, address);

-- ---------------------------------------------------------------- who is there

create table leave (
    id bigint generated always as identity primary key,
    person text not null references person,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    note text not null default '',
    saved_by text not null,
    saved_at timestamptz not null,
    check (ends_at > starts_at)
);
create index on leave (person, ends_at);
create index on leave (ends_at);

create table deputy (
    person text not null references person,
    deputy text not null references person,
    rank integer not null default 1,
    primary key (person, deputy),
    check (person <> deputy)
);

-- A post with a roster is on duty only by what the roster's rules were expanded to: `duty`. One without is held round
-- the clock by whoever holds it.
create table roster (
    post text primary key references post,
    definition jsonb not null,
    version integer not null,
    saved_by text not null,
    saved_at timestamptz not null,
    expanded_until timestamptz not null
);

-- Who is on duty when: leave, deputies, overrides and holidays are in it already. `source` says how somebody came in.
create table duty (
    post text not null references post,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    person text not null references person,
    shift text not null,
    source text not null,
    primary key (post, starts_at, person),
    check (ends_at > starts_at)
);
create index duty_of_post on duty (post, ends_at);
create index duty_of_person on duty (person, ends_at);

-- ---------------------------------------------------------------- policies by place, and how many must take it

alter table incident
    add column takers text[] not null default '{}',
    add column takers_needed integer not null default 1,
    add column unreached_at timestamptz;

-- Steps name targets now: `post:school_duty` and others; see alerts/domain/targets.py.
create function targets_of_posts(definition jsonb) returns jsonb language sql immutable as $$
    select jsonb_set(definition, '{steps}', (
        select jsonb_agg(jsonb_build_object(
            'after_seconds', step -> 'after_seconds',
            'targets', (select coalesce(jsonb_agg('post:' || post), '[]'::jsonb)
                        from jsonb_array_elements_text(step -> 'posts') as post)) order by place)
        from jsonb_array_elements(definition -> 'steps') with ordinality as row (step, place)))
$$;
update policy set definition = targets_of_posts(definition);
update incident set policy = targets_of_posts(policy);
drop function targets_of_posts;

-- ---------------------------------------------------------------- what became of each message

-- A message that is not about an incident: a notice to many, or the code that verifies a contact method.
create table notice (
    id bigint generated always as identity primary key,
    kind text not null check (kind in ('notice', 'verification')),
    title text not null,
    text text not null,
    sent_by text not null,
    sent_at timestamptz not null
);

-- `reason` is why somebody was told: a step of the policy, or something else that happened to the incident. `confirm_by`
-- is when the person's next method is tried; `attempt` counts their methods from 1. `code` answers by SMS.
alter table delivery
    alter column incident drop not null,
    alter column post_kind drop not null,
    add column notice bigint references notice,
    add column reason text not null default 'step',
    add column attempt integer not null default 1,
    add column address text not null default '',
    add column confirm_by timestamptz,
    add column handed_over_at timestamptz,
    add column seen_at timestamptz,
    add column answered_at timestamptz,
    add column answer text,
    add column provider_id text,
    add column code text;
alter table delivery
    drop constraint delivery_incident_round_step_person_channel_key,
    add constraint delivery_about_something check (num_nonnulls(incident, notice) = 1),
    add constraint delivery_once unique nulls not distinct
        (incident, notice, reason, round, step, person, channel, address);
create index delivery_of_notice on delivery (notice) where notice is not null;
create index delivery_unconfirmed on delivery (confirm_by) where confirm_by is not null;
create index delivery_of_provider on delivery (channel, provider_id) where provider_id is not null;
create index delivery_by_address on delivery (channel, address, queued_at) where code is not null;

-- Signs the links by which people answer; like the gateways' key it outlives every password.
insert into service_secret (name, value) values
    ('answers', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- Neighbouring schools are found in a box around a school.
create index school_by_place on school (latitude, longitude);
