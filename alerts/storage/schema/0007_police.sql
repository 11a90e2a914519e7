-- The police link: each incident's hand-over to 110, and Contact ID events for a monitoring station.

create type handover_state as enum
    ('waiting', 'phone_in', 'sent', 'accepted', 'rejected', 'dispatched', 'on_scene', 'closed');

-- What the engines that run have what it takes to use.
create table police_link (
    code text primary key check (code in ('http', 'dc09')),
    enabled boolean not null default false
);
insert into police_link (code) values ('http'), ('dc09');

-- How long 110 may take, and where that is from; a district without a row follows the city's.
create table police_limit (
    district text references district,
    answer_seconds integer not null check (answer_seconds between 5 and 3600),
    on_scene_seconds integer not null check (on_scene_seconds between 60 and 86400),
    source text not null,
    unique nulls not distinct (district)
);
insert into police_limit (district, answer_seconds, on_scene_seconds, source) values
    (null, 30, 300, 'R4, R5: police bulletins; 5 min in town, set 600 s for a suburban district');

create table handover (
    id bigint generated always as identity primary key,
    incident bigint not null unique references incident,
    mode press_mode not null,
    state handover_state not null default 'waiting',
    key uuid not null unique default gen_random_uuid(),
    queued_at timestamptz not null,
    due_at timestamptz,
    answer_by timestamptz,
    on_scene_by timestamptz,
    attempts integer not null default 0,
    rings integer not null default 0,
    telephone boolean not null default false,
    via text check (via in ('wire', 'phone')),
    number text,
    officer text,
    unit text,
    reason text,
    disposition text,
    error text,
    sent_at timestamptz,
    accepted_at timestamptz,
    rejected_at timestamptz,
    dispatched_at timestamptz,
    on_scene_at timestamptz,
    closed_at timestamptz,
    overdue_at timestamptz,
    withdrawn_at timestamptz,
    check ((state = 'closed') = (closed_at is not null))
) with (fillfactor = 70);
create index handover_due on handover (mode, due_at) where due_at is not null;
create index handover_deadline on handover (least(answer_by, on_scene_by))
    where answer_by is not null or on_scene_by is not null;
create index handover_not_closed on handover (state, id) where state <> 'closed';

-- What boards show of it with the incident.
alter table incident
    add column police handover_state,
    add column police_telephone boolean not null default false;

-- Whoever is told of a neighbouring school's incident is told so.
alter table delivery add column neighbour boolean not null default false;

-- ---------------------------------------------------------------- the monitoring station

-- A school's number at the station, given once; with the prefix that is set it is the school's account.
create table dc09_account (
    school text primary key references school,
    number integer generated always as identity unique
);

create table dc09_line (
    one boolean primary key default true check (one),
    sequence integer not null default 0 check (sequence between 0 and 9999)
) with (fillfactor = 10);
insert into dc09_line default values;

create table dc09_event (
    id bigint generated always as identity primary key,
    incident bigint not null references incident,
    code smallint not null,
    qualifier smallint not null check (qualifier in (1, 3)),
    live boolean not null,
    state text not null default 'queued' check (state in ('queued', 'acknowledged')),
    sequence integer,
    queued_at timestamptz not null,
    due_at timestamptz not null,
    attempts integer not null default 0,
    acknowledged_at timestamptz,
    error text,
    unique (incident, code, qualifier)
) with (fillfactor = 70);
create index dc09_event_due on dc09_event (live desc, due_at) where state = 'queued';

-- However an incident comes to be closed, 110 and the station are told in the engine's next cycle.
create function hand_back() returns trigger language plpgsql as $$
begin
    update handover set due_at = new.closed_at, answer_by = null, on_scene_by = null
    where incident = new.id and state <> 'closed' and withdrawn_at is null;
    insert into dc09_event (incident, code, qualifier, live, queued_at, due_at)
    select new.id,
           case when e.code = 120 and new.cause not in ('real', 'dispute', 'medical') then 406 else e.code end,
           case when e.code = 120 and new.cause not in ('real', 'dispute', 'medical') then 1 else 3 end,
           e.live, new.closed_at, new.closed_at
    from dc09_event e where e.incident = new.id and e.code = 120 and e.qualifier = 1
    on conflict do nothing;
    perform pg_notify('campus_handover', '');
    return null;
end $$;
create trigger incident_is_handed_back after update of state on incident
    for each row when (new.state = 'closed' and old.state <> 'closed') execute function hand_back();
