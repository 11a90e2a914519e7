-- The monitoring station hears of devices that are not well, not only of incidents.

-- A device's number in its school at the station, the zone of its events; given once and never to another device.
create table dc09_zone (
    school text not null references school,
    device text not null references device,
    number smallint not null check (number between 1 and 999),
    primary key (school, device),
    unique (school, number)
);

-- An event is of an incident, of a device, of several devices of a school, or of several schools (both null).
-- Those with the same subject are told in their order, so that nothing is over before it began.
alter table dc09_event
    alter column incident drop not null,
    add column school text references school,
    add column device text references device,
    add column subject text not null generated always as (
        coalesce('incident:' || incident::text, code::text || ':' || coalesce(school, '') || ':' || coalesce(device, ''))
    ) stored,
    add check (incident is not null or not live),
    add check (incident is null or (school is null and device is null));
create index dc09_event_subject on dc09_event (subject, id) where state = 'queued';

create view dc09_event_next as
select * from dc09_event e
where state = 'queued' and not exists (
    select from dc09_event earlier
    where earlier.state = 'queued' and earlier.subject = e.subject and earlier.id < e.id);

-- What the station was told of a device and what is not over yet. One event can stand for many devices.
create table dc09_trouble (
    device text not null references device,
    code smallint not null,
    event bigint not null references dc09_event,
    primary key (device, code)
);
create index on dc09_trouble (event);

-- When the line was last tested.
alter table dc09_line add column tested_at timestamptz;
