-- Devices that are lost together are one piece of news, however many seconds apart each falls silent. An open blackout is
-- a row, so that engines may die, be doubled or start again in its middle. `scope` is `city`, `district:CODE` or
-- `school:CODE`; whoever is lost in it until `joins_until` belongs to it; its next row of the log is due at `due_at`;
-- `back_at` is since when most of its devices are back.
create table blackout (
    id bigint generated always as identity primary key,
    scope text not null,
    began_at timestamptz not null,
    joins_until timestamptz not null,
    due_at timestamptz not null,
    back_at timestamptz,
    ended_at timestamptz
);
create unique index blackout_open on blackout (scope) where ended_at is null;

-- The blackout in which a device was lost last; none when it was lost alone.
alter table device_status add column blackout bigint references blackout;
create index device_status_blackout on device_status (blackout) where blackout is not null;
create index device_status_lost on device_status (since) where link in ('silent', 'offline');
