-- name: load_context
-- All that a batch of presses must know, in one round trip: the clock, its devices and schools, the announced windows,
-- the rules of its places by which policies are chosen, and which of its presses are stored already.
with place as (
    select code, district from school where code = any($2::text[])
    union
    select s.code, s.district from device d join school s on s.code = d.school where d.code = any($1::text[])
)
select
    clock.now,
    (select json_agg(found) from (
        select d.code, d.school, s.name as school_name, s.district, s.kind as school_kind, s.zone, p.name as point
        from device d join school s on s.code = d.school join point p on p.id = d.point
        where d.code = any($1::text[])
    ) as found) as devices,
    (select json_agg(found) from (
        select code, name, district, kind, zone from school where code = any($2::text[])
    ) as found) as schools,
    (select json_agg(found) from (
        select mode, district, school from press_window where starts_at <= clock.now and ends_at > clock.now
    ) as found) as windows,
    (select json_agg(found) from (
        select id, version, mode, definition, name, district, school, category, kind, school_kind, hours from (
            select * from policy_rule where retired_at is null and school is null and district is null
            union all
            select * from policy_rule where retired_at is null and district in (select district from place)
            union all
            select * from policy_rule where retired_at is null and school in (select code from place)
        ) as rule
    ) as found) as rules,
    (select json_agg(found) from (
        select p.device, p.identity, p.name, p.incident, i.state
        from unnest($3::text[], $4::text[]) as said (device, identity)
        join press p on p.device = said.device and p.identity = said.identity
        join incident i on i.id = p.incident
    ) as found) as known
from (select clock_timestamp() + $5::interval as now) as clock;

-- name: insert_presses
-- A copy that came in at the same instant on another way loses here, silently, as the contract wants it.
insert into press (incident, device, identity, name, school, point, topic, reply_district, reply_school, kind, kind_said,
                   mode, mode_said, late, problems, occurred_at, received_at, recorded_at, source, payload, payload_bytes)
select incident, device, identity, name, school, point, topic, reply_district, reply_school, kind, kind_said,
       mode, mode_said, late, problems, occurred_at, received_at, recorded_at, source, decode(payload, 'base64'),
       payload_bytes
from json_to_recordset($1::json) as row (
    incident bigint, device text, identity text, name text, school text, point text, topic text, reply_district text,
    reply_school text, kind press_kind, kind_said text, mode press_mode, mode_said text, late boolean, problems text[],
    occurred_at timestamptz, received_at timestamptz, recorded_at timestamptz, source text, payload text,
    payload_bytes integer)
on conflict (device, identity) do nothing
returning id, device, identity;

-- name: insert_cancels
-- A button's wishes; a repeat is the same wish.
insert into press_cancel (device, identity, press_name, incident, topic, problems, occurred_at, received_at, recorded_at,
                          payload, payload_bytes)
select device, identity, press_name, incident, topic, problems, occurred_at, received_at, recorded_at,
       decode(payload, 'base64'), payload_bytes
from json_to_recordset($1::json) as row (
    device text, identity text, press_name text, incident bigint, topic text, problems text[], occurred_at timestamptz,
    received_at timestamptz, recorded_at timestamptz, payload text, payload_bytes integer)
on conflict (device, identity) do nothing
returning device, identity;

-- name: find_press_incident
-- The incident of the press that a cancel names, else the device's newest one.
select incident from press
where device = $1 and ($2::text is null or name = $2)
order by id desc limit 1;

-- name: list_buttons
-- Every button of an incident and the presses that it made, for receipts.
select incident, device, name, reply_district, reply_school
from press where incident = any($1::bigint[]) and reply_district is not null and reply_school is not null
order by id;
