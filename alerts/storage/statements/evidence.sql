-- name: insert
-- Raw events as they came; a repeat meets its first copy.
insert into evidence (on_date, device, channel, identity, school, district, topic, occurred_at, received_at, problems,
                      payload)
select row.on_date, row.device, row.channel, row.identity, row.school, row.district, row.topic, row.occurred_at,
       row.received_at, row.problems, decode(row.payload, 'base64')
from json_to_recordset($1::json) as row (
    on_date date, device text, channel text, identity text, school text, district text, topic text,
    occurred_at timestamptz, received_at timestamptz, problems text[], payload text)
on conflict do nothing;

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
