-- name: insert
-- Raw events as they came, each at the school where its device is registered: at none when it is not registered, or speaks
-- for another school. A repeat meets its first copy. What is new marks its schools for the judge, unless such a mark waits
-- already: it is held until we commit, so that whoever takes it sees what we stored. One that is being taken is no such mark.
with stored as (
    insert into evidence (on_date, device, channel, identity, school, district, topic, occurred_at, received_at, problems,
                          payload, place, recorded_at)
    select row.on_date::date, row.device, row.channel, row.identity, row.school, row.district, row.topic,
           row.occurred_at::timestamptz, row.received_at::timestamptz,
           string_to_array(row.problems, ',') || case when row.place is not null or d.school = row.school then '{}'
                                                      when d.code is null then '{unknown_device}'::text[]
                                                      else '{wrong_school}'::text[] end,
           row.payload, coalesce(row.place, case when d.school = row.school then d.school end), $1
    from rows from (
        json_array_elements_text($2::json), json_array_elements_text($3::json),
        json_array_elements_text($4::json), json_array_elements_text($5::json),
        json_array_elements_text($6::json), json_array_elements_text($7::json),
        json_array_elements_text($8::json), json_array_elements_text($9::json),
        json_array_elements_text($10::json), json_array_elements_text($11::json), unnest($12::bytea[]),
        json_array_elements_text($13::json)
    ) as row (on_date, device, channel, identity, school, district, topic, occurred_at, received_at, problems, payload, place)
    left join device d on d.code = row.device and row.place is null
    on conflict do nothing
    returning place, channel, coalesce(occurred_at, received_at) as at
)
insert into compliance_stale (school, input, on_date)
select school, input, on_date
from (
    select distinct s.code as school,
           case channel when 'gate' then 'gates' when 'visit' then 'visits' else 'check_ins' end as input,
           (stored.at at time zone s.zone)::date as on_date
    from stored join school s on s.code = stored.place where channel <> 'output'
) as told
where not exists (
    select from compliance_stale c where c.school = told.school and c.input = told.input and c.on_date = told.on_date
    for key share skip locked);

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
