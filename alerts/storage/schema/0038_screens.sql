-- On whose screens a live incident stood, as the screens themselves say: once in each state of it, with when somebody first
-- touched key, mouse or glass there while it did.
create table screen_showing (
    incident bigint not null references incident,
    round integer not null,
    state incident_state not null,
    session bigint not null,
    screen text not null check (screen in ('takeover', 'list', 'wall')),
    account text not null,
    account_name text not null,
    shown_at timestamptz not null,
    seen_at timestamptz,
    primary key (incident, round, state, session, screen)
);
