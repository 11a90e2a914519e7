-- name: keep_battery
-- What the batteries are now, of those devices whose percentage moved since the last that was kept of them.
insert into device_battery (device, at, percent)
select s.device, $1::timestamptz, s.battery
from device_status s
left join lateral (
    select at, percent from device_battery b where b.device = s.device order by at desc limit 1
) as kept on true
where s.battery is not null
    and (kept.at is null or abs(s.battery - kept.percent) >= $2::integer and kept.at <= $1 - $3::interval)
on conflict do nothing;

-- name: forget_battery
-- Batteries of long ago.
delete from device_battery where at < $1;

-- name: list_battery
-- A device's battery over a stretch of time, and what it was before.
(select at, percent from device_battery where device = $1 and at < $2 order by at desc limit 1)
union all
(select at, percent from device_battery where device = $1 and at >= $2 and at <= $3 order by at desc limit $4)
order by at;

-- name: list_transitions
-- What became of a device in a stretch of time, and what it was before: the newest that many.
select device, at, link, troubles from (
    (select device, at, number, link, troubles from device_transition
     where device = $1 and at < $2 order by at desc, number desc limit 1)
    union all
    (select device, at, number, link, troubles from device_transition
     where device = $1 and at >= $2 and at <= $3 order by at desc, number desc limit $4)
) as found
order by at, number;

-- name: list_presses
-- A device's newest presses of a stretch of time, each with how far its incident came: that is what its button was told. When
-- the broker confirmed the first receipt is kept of live ones.
select p.id, p.incident, p.kind, p.mode, p.mode_said, p.late, p.problems, p.occurred_at, p.received_at, p.recorded_at, p.source,
       e.received_at as confirmed_at, i.acknowledged_at, i.responding_at, i.closed_at, i.cause
from (select * from press where device = $1 order by id desc limit $4) as p
join incident i on i.id = p.incident
left join evidence e on e.on_date = (p.received_at at time zone 'UTC')::date
    and e.device = p.device and e.channel = 'receipt' and e.identity = p.identity
where p.received_at between $2 and $3
order by p.id desc;

-- name: list_quarantined
-- What a device said that could not be read.
select received_at as at, channel, array[reason] as problems, payload_bytes as bytes, true as quarantined
from (select * from quarantine where device = $1 order by id desc limit $4) as q
where received_at between $2 and $3
order by id desc;

-- name: list_wrong
-- What a device said that is kept with something wrong with it. Its day is that of its own clock, which may be wrong, too.
select received_at as at, channel, problems, octet_length(payload) as bytes, false as quarantined
from evidence
where device = $1 and received_at between $2 and $3 and problems <> '{}'
order by received_at desc limit $4;

-- name: list_commands
-- What a device was told to switch on or off.
select * from (select * from output_command where device = $1 order by id desc limit $4) as c
where requested_at between $2 and $3
order by id desc;

-- name: read_tests
-- When a button was last tested, and when it was last proved end to end.
select (select json_build_object('at', pressed_at, 'incident', incident) from button_proof
        where device = $1 order by month desc, press desc limit 1)::text as last,
       (select json_build_object('at', proved_at, 'incident', incident) from button_proof
        where device = $1 and proved_at is not null order by month desc, press desc limit 1)::text as proved;

-- name: read_place
-- Where a device hangs.
select s.code as school, s.name as school_name, s.district, n.name as district_name, s.zone
from device d join school s on s.code = d.school join district n on n.code = s.district where d.code = $1;
