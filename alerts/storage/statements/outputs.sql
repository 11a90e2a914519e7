-- name: list_at
-- What can be driven at a school.
select o.device, o.output from device_output o join device d on d.code = o.device
where d.school = $1 and o.output = any($2::text[]) and ($3::text is null or o.device = $3)
order by o.device, o.output;

-- name: list_wanted
-- What can be driven at the schools of incidents, of what their policies want there.
select w.incident, o.device, o.output
from json_to_recordset($1::json) as w (incident bigint, school text, output text)
join device d on d.school = w.school
join device_output o on o.device = d.code and o.output = w.output
order by w.incident, o.device, o.output;

-- name: lock_sites
-- Whoever makes wishes at a school does so alone: two at once would not see each other's, and both would count. In the
-- order of the keys so that two writers cannot deadlock; incidents are locked before.
select pg_advisory_xact_lock(hashtext('campus.outputs'), key)
from (select distinct hashtext(school) as key from unnest($1::text[]) as said (school) order by key) as site;

-- name: lock_standing
-- The wishes that a new one takes the place of, in the order of their ids so that two writers cannot deadlock.
select c.* from output_command c
where c.state in ('wanted', 'sent', 'on') and (c.device, c.output) in (
    select device, output from json_to_recordset($1::json) as row (device text, output text))
order by c.id for no key update;

-- name: lock
-- Commands that somebody is about to change.
select * from output_command where id = any($1::bigint[]) order by id for no key update;

-- name: list_standing_of
-- What incidents drive, for switching it off when they close.
select * from output_command where incident = any($1::bigint[]) and state in ('wanted', 'sent', 'on') order by id;

-- name: list_newest_of
-- The last wish of incidents about each output: a round leaves alone what is on, and what somebody switched off.
select distinct on (incident, device, output) * from output_command where incident = any($1::bigint[])
order by incident, device, output, id desc;

-- name: find_incidents
-- Incidents are locked before their commands.
select id, incident from output_command where id = any($1::bigint[]);

-- name: insert
-- New wishes.
insert into output_command (incident, device, output, "on", until, requested_by, requested_at, state, due_at, confirm_by)
select incident, device, output, "on", until, requested_by, requested_at, state, due_at, confirm_by
from json_to_recordset($1::json) as row (
    incident bigint, device text, output text, "on" boolean, until timestamptz, requested_by text,
    requested_at timestamptz, state text, due_at timestamptz, confirm_by timestamptz)
returning *;

-- name: save
-- Writes back what a device said, or did not say in time.
update output_command c set
    state = row.state, due_at = row.due_at, confirm_by = row.confirm_by, confirmed_on_at = row.confirmed_on_at,
    confirmed_off_at = row.confirmed_off_at, unconfirmed_at = row.unconfirmed_at
from json_to_recordset($1::json) as row (
    id bigint, state text, due_at timestamptz, confirm_by timestamptz, confirmed_on_at timestamptz,
    confirmed_off_at timestamptz, unconfirmed_at timestamptz)
where c.id = row.id;

-- name: count_unconfirmed
-- What stays on an incident's face: wishes that no device has confirmed, and outputs that should have gone off.
select incident, count(*) from output_command
where incident = any($1::bigint[]) and (state in ('wanted', 'sent') or (state = 'on' and unconfirmed_at is not null))
group by incident;

-- name: claim
-- Leases what is to be sent. A device that says it is offline is not sent anything: it gets the newest wish when it is
-- back. A wish whose time is over is not sent late.
with claimed as (
    select c.id from output_command c left join device_status t on t.device = c.device
    where c.due_at <= $1 and (c.until is null or c.until > $1) and t.said_online is distinct from false
    order by c.id limit $2
    for no key update of c skip locked
)
update output_command c set due_at = $1 + $3::interval
from claimed, device d join school s on s.code = d.school
where c.id = claimed.id and d.code = c.device
returning c.id, c.incident, s.district, s.code as school, c.device, c.output, c."on", c.until, c.sends;

-- name: mark_sent
-- The broker took it; again at `due_at`, unless the device has confirmed meanwhile.
update output_command c set
    state = case when state = 'wanted' then 'sent' else state end, sends = sends + 1, sent_at = coalesce(sent_at, $2),
    due_at = case when state in ('wanted', 'sent') then row.due_at end
from json_to_recordset($1::json) as row (id bigint, due_at timestamptz)
where c.id = row.id;

-- name: list_overdue
-- Devices that should have said something by now.
select id from output_command where confirm_by <= $1 order by confirm_by limit $2;

-- name: list_of_incident
-- Every output at the incident's place, and those that it drove, with its newest wish about each.
with place as (
    select o.device, o.output from incident i join device d on d.school = i.school join device_output o on o.device = d.code
    where i.id = $1
    union
    select device, output from output_command where incident = $1
), newest as (
    select distinct on (device, output) * from output_command where incident = $1 order by device, output, id desc
)
select p.device, point.name as point, coalesce(t.link, 'never') as link, p.output, c.id as command, c."on", c.until,
       c.requested_by, c.requested_at, c.state, c.sends, c.sent_at, c.confirmed_on_at, c.confirmed_off_at,
       case when c.state in ('wanted', 'sent') then c.requested_at
            when c.state = 'on' and c.unconfirmed_at is not null then c.until end as unconfirmed_since
from place p
join device d on d.code = p.device
join point on point.id = d.point
left join device_status t on t.device = p.device
left join newest c on c.device = p.device and c.output = p.output
order by p.device, p.output;

-- name: forget_registered
-- What stands in the list counts, nothing else.
delete from device_output where device = any($1::text[]);

-- name: register
-- What devices have.
insert into device_output (device, output)
select device, output from json_to_recordset($1::json) as row (device text, output text)
on conflict do nothing;
