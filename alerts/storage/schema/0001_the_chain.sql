-- The chain: registry, presses, incidents, escalation, supervision, the one log, people's doors.
-- Enum labels equal the values of the Python enums of the same meaning; a test says so.

create type school_kind as enum
    ('kindergarten', 'primary', 'junior', 'senior', 'nine_year', 'twelve_year', 'vocational', 'special');
create type ownership as enum ('public', 'private');
create type point_kind as enum ('gatehouse', 'control_room', 'corridor', 'dormitory', 'office', 'other');
create type post_kind as enum
    ('school_duty', 'principal', 'district_desk', 'supervisor', 'city_desk', 'police_link', 'head_of_bureau');
create type device_link as enum ('never', 'online', 'silent', 'offline');
create type press_kind as enum ('panic', 'violence', 'intruder', 'fire', 'medical', 'other');
create type press_mode as enum ('live', 'test', 'drill');
create type incident_category as enum ('security', 'fire', 'medical');
create type incident_state as enum ('open', 'acknowledged', 'responding', 'closed');
create type incident_cause as enum
    ('real', 'dispute', 'medical', 'accidental', 'pupil_play', 'device_fault', 'test', 'drill');
create type delivery_state as enum ('queued', 'delivered', 'failed', 'covered');
create type account_role as enum ('operator', 'reader');

-- ---------------------------------------------------------------- the registry

create table district (
    code text primary key,
    name text not null,
    name_en text not null,
    position integer not null
);

create table education_group (
    code text primary key,
    name text not null
);

create table school (
    code text primary key check (code ~ '^[A-Za-z0-9_-]{1,64}$'),
    district text not null references district,
    name text not null,
    kind school_kind not null,
    ownership ownership not null,
    students integer not null check (students >= 0),
    boarders integer not null check (boarders >= 0),
    address text not null default '',
    latitude double precision check (latitude between -90 and 90),
    longitude double precision check (longitude between -180 and 180),
    group_code text references education_group,
    head_school text references school deferrable initially deferred,
    zone text not null default 'Asia/Shanghai'
);
create index on school (district, code);
create index on school (group_code) where group_code is not null;

create table point (
    id bigint generated always as identity primary key,
    school text not null references school,
    kind point_kind not null,
    name text not null,
    unique (school, name)
);

create table device (
    code text primary key check (code ~ '^[A-Za-z0-9_-]{1,64}$'),
    school text not null references school,
    point bigint not null references point,
    interval_seconds integer not null default 60 check (interval_seconds between 5 and 86400)
);
create index on device (school);
create index on device (point);

-- Facts are written by the gateway (a beat updates one narrow row), judgements by the engine; `unjudged` says that
-- a fact changed which the engine has not looked at yet.
create table device_status (
    device text primary key references device,
    last_seen_at timestamptz,
    silent_at timestamptz,
    said_online boolean,
    said_at timestamptz,
    boot text,
    firmware text,
    battery smallint,
    mains boolean,
    tamper boolean,
    rssi smallint,
    interval_seconds integer,
    unjudged boolean not null default false,
    link device_link not null default 'never',
    troubles text[] not null default '{}',
    since timestamptz
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
create index device_status_unjudged on device_status (device) where unjudged;
create index device_status_due on device_status (silent_at) where link = 'online';
create index device_status_link on device_status (link, device);

create table person (
    code text primary key,
    name text not null,
    phone text not null default ''
);

create table post (
    code text primary key,
    kind post_kind not null,
    name text not null,
    district text references district,
    school text references school
);
create unique index post_of_school on post (school, kind, code) where school is not null;
create unique index post_of_district on post (district, kind, code) where district is not null;
create unique index post_of_city on post (kind, code) where school is null and district is null;

create table holding (
    post text not null references post,
    person text not null references person,
    rank integer not null default 1,
    primary key (post, person)
);
create index on holding (person);

-- ---------------------------------------------------------------- presses and incidents

create table press_window (
    id bigint generated always as identity primary key,
    mode press_mode not null check (mode <> 'live'),
    district text references district,
    school text references school,
    starts_at timestamptz not null,
    ends_at timestamptz not null,
    announced_by text not null,
    announced_at timestamptz not null,
    note text not null default '',
    check (ends_at > starts_at),
    check (district is null or school is null)
);
create index on press_window (ends_at);

create table policy (
    mode press_mode not null,
    version integer not null,
    definition jsonb not null,
    saved_by text not null,
    saved_at timestamptz not null,
    primary key (mode, version)
);

create table incident (
    id bigint generated always as identity primary key,
    place text not null,
    school text references school,
    school_name text,
    district text references district,
    point text,
    device text not null,
    mode press_mode not null,
    category incident_category not null,
    kind press_kind not null,
    state incident_state not null,
    opened_at timestamptz not null,
    last_press_at timestamptz not null,
    presses integer not null default 0,
    late boolean not null default false,
    problems text[] not null default '{}',
    cancel_asked_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by text,
    responding_at timestamptz,
    responding_by text,
    closed_at timestamptz,
    closed_by text,
    cause incident_cause,
    step integer not null default 0,
    round integer not null default 1,
    next_at timestamptz,
    told integer not null default 0,
    reached integer not null default 0,
    opened_position bigint not null default 0,
    policy jsonb not null,
    round_started_at timestamptz not null,
    check ((state = 'closed') = (closed_at is not null and cause is not null))
);
create unique index incident_one_open on incident (place, mode, category) where state <> 'closed';
create index incident_due on incident (next_at) where next_at is not null;
create index incident_not_closed on incident (id) where state <> 'closed';
create index on incident (school, id);
create index on incident (district, id);
create index on incident (opened_at);

create table press (
    id bigint generated always as identity primary key,
    incident bigint not null references incident,
    device text not null,
    identity text not null,
    name text not null,
    school text references school,
    point text,
    topic text not null,
    reply_district text,
    reply_school text,
    kind press_kind not null,
    kind_said text,
    mode press_mode not null,
    mode_said text,
    late boolean not null,
    problems text[] not null,
    occurred_at timestamptz,
    received_at timestamptz not null,
    recorded_at timestamptz not null,
    source text not null,
    payload bytea not null,
    payload_bytes integer not null,
    unique (device, identity)
);
create index on press (incident, id);
create index on press (school, id);
create index press_unplaced on press (id) where school is null;

create table press_cancel (
    id bigint generated always as identity primary key,
    device text not null,
    identity text not null,
    press_name text,
    incident bigint references incident,
    topic text not null,
    problems text[] not null,
    occurred_at timestamptz,
    received_at timestamptz not null,
    recorded_at timestamptz not null,
    payload bytea not null,
    payload_bytes integer not null,
    unique (device, identity)
);
create index on press_cancel (incident);

-- ---------------------------------------------------------------- reaching people

create table channel (
    code text primary key,
    enabled boolean not null
);
insert into channel (code, enabled) values ('log', true), ('webhook', false);

create table delivery (
    id bigint generated always as identity primary key,
    incident bigint not null references incident,
    round integer not null,
    step integer not null,
    person text not null references person,
    post_kind post_kind not null,
    channel text not null references channel,
    live boolean not null,
    state delivery_state not null default 'queued',
    idempotency_key uuid not null default gen_random_uuid(),
    queued_at timestamptz not null,
    due_at timestamptz not null,
    attempts integer not null default 0,
    delivered_at timestamptz,
    error text,
    unique (incident, round, step, person, channel)
) with (fillfactor = 70);
create index delivery_due on delivery (channel, live desc, due_at) where state = 'queued';
create index delivery_queued_of on delivery (incident) where state = 'queued';

-- ---------------------------------------------------------------- evidence and what could not be read

-- Gate contacts, visitors, check-ins and outputs as they came, a partition a day, made ahead by the engine. `on_date`
-- follows from the event's own time where it has one, so that a repeat meets its first copy.
create table evidence (
    on_date date not null,
    device text not null,
    channel text not null,
    identity text not null,
    school text,
    district text,
    topic text not null,
    occurred_at timestamptz,
    received_at timestamptz not null,
    problems text[] not null,
    payload bytea not null,
    primary key (on_date, device, channel, identity)
) partition by range (on_date);
create table evidence_beyond partition of evidence default;

create table quarantine (
    id bigint generated always as identity primary key,
    topic text not null,
    device text,
    channel text not null,
    reason text not null,
    payload bytea not null,
    payload_bytes integer not null,
    received_at timestamptz not null,
    recorded_at timestamptz not null
);

-- ---------------------------------------------------------------- the one log

create table log (
    position bigint primary key,
    at timestamptz not null,
    actor text not null check (actor !~ '\n'),
    subject text not null check (subject !~ '\n'),
    kind text not null check (kind !~ '\n'),
    body json not null,
    previous_hash bytea not null,
    hash bytea not null
) partition by range (position);
create index log_subject on log (subject, position);

create table log_head (
    one boolean primary key default true check (one),
    position bigint not null,
    hash bytea not null
) with (fillfactor = 10);
insert into log_head (position, hash) values (0, decode(repeat('00', 32), 'hex'));

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'the log is append-only: % refused', tg_op using errcode = 'restrict_violation';
end $$;
create trigger log_is_append_only before update or delete on log
    for each row execute function refuse_change();
create trigger log_is_not_truncated before truncate on log
    for each statement execute function refuse_change();

-- A partition holds a million positions; append_log makes the next one while the last one begins to fill.
create function ensure_log_partition(of_position bigint) returns void language plpgsql as $$
declare
    number bigint := of_position / 1000000;
    name text := 'log_' || lpad(number::text, 6, '0');
begin
    perform pg_advisory_xact_lock(hashtext('campus.log.partitions'));
    if to_regclass(name) is null then
        execute format('create table %I partition of log for values from (%s) to (%s)',
                       name, number * 1000000, (number + 1) * 1000000);
        execute format('create trigger log_is_not_truncated before truncate on %I '
                       'for each statement execute function refuse_change()', name);
    end if;
end $$;
select ensure_log_partition(0), ensure_log_partition(1000000);

-- Events of a day whose partition was not there yet wait in the default one, and move over.
create function ensure_evidence_partition(of_date date) returns void language plpgsql as $$
declare
    name text := 'evidence_' || to_char(of_date, 'YYYYMMDD');
begin
    perform pg_advisory_xact_lock(hashtext('campus.evidence.partitions'));
    if to_regclass(name) is null then
        execute format('create table %I (like evidence including all)', name);
        execute format('with early as (delete from evidence_beyond where on_date = %L returning *) '
                       'insert into %I select * from early', of_date, name);
        execute format('alter table evidence attach partition %I for values from (%L) to (%L)',
                       name, of_date, of_date + 1);
    end if;
end $$;
select ensure_evidence_partition((now() + make_interval(days => day))::date) from generate_series(-1, 2) as day;

-- The only door into the log, always the last statement of its transaction: the head row is the writers' one lock, held
-- until commit, so positions are gapless and in commit order. The hash covers the previous hash and the row's text.
create function append_log(
    at timestamptz, actors text[], subjects text[], kinds text[], bodies text[]
) returns bigint language plpgsql as $$
declare
    head log_head;
    first bigint;
    said text;
    stamp text := to_char(append_log.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
    link bytea;
    positions bigint[] := '{}';
    previous bytea[] := '{}';
    links bytea[] := '{}';
begin
    select * into strict head from log_head for update;
    first := head.position;
    link := head.hash;
    for i in 1 .. cardinality(bodies) loop
        head.position := head.position + 1;
        said := head.position || e'\n' || stamp || e'\n' || actors[i] || e'\n' || subjects[i] || e'\n' || kinds[i]
                || e'\n' || bodies[i];
        positions := positions || head.position;
        previous := previous || link;
        link := sha256(link || convert_to(said, 'UTF8'));
        links := links || link;
    end loop;
    if head.position / 1000000 > first / 1000000 then
        perform ensure_log_partition(head.position + 1000000);
    end if;
    insert into log (position, at, actor, subject, kind, body, previous_hash, hash)
        select p, append_log.at, a, s, k, b::json, v, h
        from unnest(positions, actors, subjects, kinds, bodies, previous, links) as row (p, a, s, k, b, v, h);
    update log_head set position = head.position, hash = link;
    perform pg_notify('campus_log', head.position::text);
    return head.position;
end $$;

-- Who reads the log on behalf of the service, and how far: one row a reader, claimed while it works.
create table log_reader (
    name text primary key,
    position bigint not null
) with (fillfactor = 10);

-- ---------------------------------------------------------------- people's doors and the service's own health

create table account (
    name text primary key,
    display_name text not null,
    role account_role not null,
    password_hash text not null,
    created_at timestamptz not null
);

create table session (
    token_hash bytea primary key,
    account text not null references account on delete cascade,
    created_at timestamptz not null,
    expires_at timestamptz not null
);
create index on session (account);
create index on session (expires_at);

create table api_token (
    token_hash bytea primary key,
    name text not null unique,
    role account_role not null,
    created_at timestamptz not null
);

create table idempotency (
    account text not null,
    key text not null,
    request_digest bytea not null,
    status smallint not null,
    answer bytea not null,
    created_at timestamptz not null,
    primary key (account, key)
);
create index on idempotency (created_at);

-- Secrets that all processes share and that outlive every password.
create table service_secret (
    name text primary key,
    value bytea not null
);
insert into service_secret (name, value) values
    ('client_id', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- A part of the service that is alive says so each second; `since` is when it last became whole.
create table service_pulse (
    service text not null,
    name text not null,
    lane text not null,
    since timestamptz not null,
    seen_at timestamptz not null,
    primary key (service, name, lane)
) with (fillfactor = 50);
