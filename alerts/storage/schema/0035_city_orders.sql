-- What reaches the whole city takes two people: one proposes, another one confirms within a time.

create type order_kind as enum ('notice', 'day_exception');
create type order_state as enum ('pending', 'confirmed', 'withdrawn', 'alone');

create table city_order (
    id bigint generated always as identity primary key,
    kind order_kind not null,
    body jsonb not null,
    state order_state not null,
    proposed_by text not null,
    proposed_by_name text not null,
    proposed_at timestamptz not null,
    expires_at timestamptz not null,
    settled_by text,
    settled_at timestamptz,
    reason text, -- why one person did it alone
    made bigint, -- the notice or exception that it became
    check (state <> 'confirmed' or settled_by <> proposed_by),
    check ((state = 'alone') = (reason is not null)),
    check ((state = 'pending') = (settled_at is null))
);
create index city_order_pending on city_order (expires_at) where state = 'pending';
create index city_order_alone on city_order (proposed_at) where state = 'alone';

-- Which administrators know of what somebody did alone.
create table order_seen (
    city_order bigint not null references city_order,
    account text not null references account on delete cascade,
    seen_at timestamptz not null,
    primary key (city_order, account)
);
