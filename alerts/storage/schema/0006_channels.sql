-- How people are reached: what providers say later, quiet hours, notices to many.

-- What is not live waits while it is quiet. One row a channel, and one without for the whole city; a channel's own counts
-- before the city's. `starts` after `ends` goes over midnight.
create table quiet_hours (
    channel text references channel,
    starts time not null,
    ends time not null,
    zone text not null,
    saved_by text not null,
    saved_at timestamptz not null,
    unique nulls not distinct (channel),
    check (starts <> ends)
);

-- Until when a message is held by quiet hours; its `due_at` is the same. It is let go when the quiet hours are changed.
alter table delivery add column held_until timestamptz;
create index delivery_held on delivery (channel) where state = 'queued' and held_until is not null;
create unique index delivery_by_key on delivery (idempotency_key);

-- How often a method failed in a row for a fault of its own; from the second time on it is tried after the others.
alter table contact_method add column failures integer not null default 0;

-- What providers said of messages that nobody knows (yet): a receipt may overtake the note of the message's own id.
create table stray_receipt (
    id bigint generated always as identity primary key,
    channel text not null references channel,
    provider_id text not null,
    state delivery_state not null,
    error text,
    address_fault boolean not null,
    received_at timestamptz not null,
    unique (channel, provider_id, state)
);

-- Whom a notice was meant for, how many that were, and who of them cannot be reached.
alter table notice
    add column audience jsonb,
    add column people integer not null default 0,
    add column unreachable text[] not null default '{}';
create index notice_sent on notice (id) where kind = 'notice';
