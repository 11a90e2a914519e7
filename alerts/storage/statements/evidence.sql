-- name: read_registry_changes
-- How often schools and devices have changed.
select changes from registry_state;

-- name: find_homes
-- Where devices are registered.
select d.code, d.school, s.zone from device d join school s on s.code = d.school where d.code = any($1::text[]);

-- name: insert_new
-- Raw events as they came, of which some are here already: a repeat meets its first copy. Answers what was not.
insert into evidence (device, channel, school, district, topic, place, on_date, identity, occurred_at, received_at, problems,
                      payload, recorded_at)
select row.device, row.channel, row.school, row.district, row.topic, row.place, row.on_date::date, row.identity,
       row.occurred_at::timestamptz, row.received_at::timestamptz, row.problems::text[], row.payload,
       $13
from rows from (
    json_array_elements_text($1::json), json_array_elements_text($2::json), json_array_elements_text($3::json),
    json_array_elements_text($4::json), json_array_elements_text($5::json), json_array_elements_text($6::json),
    json_array_elements_text($7::json), json_array_elements_text($8::json), json_array_elements_text($9::json),
    json_array_elements_text($10::json), json_array_elements_text($11::json), unnest($12::bytea[])
) as row (device, channel, school, district, topic, place, on_date, identity, occurred_at, received_at, problems, payload)
on conflict do nothing
returning on_date, device, channel, identity;

-- name: hold_marks
-- Those of these marks that wait still. They are held until we commit, so that whoever takes them sees what we stored; one
-- that is being taken is none of them.
select id from compliance_stale where id = any($1::bigint[]) for key share skip locked;

-- name: add_marks
-- Marks schools for the judge.
insert into compliance_stale (school, input, on_date)
select school, input, on_date::date
from rows from (
    json_array_elements_text($1::json), json_array_elements_text($2::json), json_array_elements_text($3::json)
) as told (school, input, on_date)
returning id, school, input, on_date;

-- name: insert_confirmations
-- When the broker confirmed the receipts of live presses, each as it was published. It tells of its press: it counts when
-- that arrived (`occurred_at`) and at its school; `received_at` is when it was confirmed. The first one of a press stays.
-- What is new marks its schools for the judge.
with stored as (
    insert into evidence (on_date, device, channel, identity, school, district, topic, occurred_at, received_at, problems,
                          payload, place, recorded_at)
    select (p.received_at at time zone 'UTC')::date, p.device, 'receipt', p.identity, p.reply_school, p.reply_district,
           row.topic, p.received_at, row.confirmed_at, '{}', decode(row.payload, 'base64'), p.school,
           clock_timestamp() + $2::interval
    from json_to_recordset($1::json) as row (
        device text, identity text, topic text, payload text, confirmed_at timestamptz)
    join press p on p.device = row.device and p.identity = row.identity
    where p.mode = 'live'
    order by row.confirmed_at
    on conflict do nothing
    returning place, occurred_at
)
insert into compliance_stale (school, input, on_date)
select distinct s.code, 'presses', (stored.occurred_at at time zone s.zone)::date
from stored join school s on s.code = stored.place;

-- name: quarantine
-- What could not be read, with the reason, for people to see.
insert into quarantine (topic, device, channel, reason, payload, payload_bytes, received_at, recorded_at)
select topic, device, channel, reason, decode(payload, 'base64'), payload_bytes, received_at, recorded_at
from json_to_recordset($1::json) as row (
    topic text, device text, channel text, reason text, payload text, payload_bytes integer, received_at timestamptz,
    recorded_at timestamptz);

-- name: ensure_partition
-- Makes the partition of a day ahead of time.
select ensure_evidence_partition($1);
