-- name: list_schools
-- A page of the registry with the state now; the alarm devices of one page are counted, not those of the city.
select s.code, s.district, s.name, s.kind, s.ownership, s.students, s.boarders, s.latitude, s.longitude,
       count(d.code) filter (where t.link = 'online') as online,
       count(d.code) filter (where t.link = 'silent') as silent,
       count(d.code) filter (where t.link = 'offline') as offline,
       count(d.code) filter (where coalesce(t.link, 'never') = 'never') as never,
       count(d.code) filter (where cardinality(t.troubles) > 0) as troubled
from (
    select * from school
    where ($1::text is null or code = $1)
        and ($2::text is null or district = $2)
        and ($3::school_kind is null or kind = $3)
        and ($4::text is null or position(lower($4) in lower(name)) > 0 or position(lower($4) in lower(code)) > 0)
        and ($5::text is null or code > $5)
    order by code limit $6
) as s
left join device d on d.school = s.code and d.role = 'alarm'
left join device_status t on t.device = d.code
group by s.code, s.district, s.name, s.kind, s.ownership, s.students, s.boarders, s.latitude, s.longitude
order by s.code;

-- name: read_school_record
-- What a school's own page says beside the board's line.
select s.address, s.zone, s.group_code as "group", g.name as group_name, s.head_school, d.name as district_name
from school s
join district d on d.code = s.district
left join education_group g on g.code = s.group_code
where s.code = $1;

-- name: list_points
-- Where in a school devices hang, points without any too.
select id, kind, name from point where school = $1 order by kind, name;

-- name: list_duty
-- Who holds which post of a school, in the order in which they are called.
select post.code as post, post.kind as post_kind, h.person, p.name, p.phone
from post
join holding h on h.post = post.code
join person p on p.code = h.person
where post.school = $1
order by post.kind, h.rank, h.person;

-- name: list_devices
-- A page of devices with what was last heard of them.
select d.code, d.school, p.name as point, p.kind as point_kind, d.role, coalesce(t.link, 'never') as link,
       coalesce(t.troubles, '{}') as troubles, t.since, coalesce(t.interval_seconds, d.interval_seconds) as interval_seconds,
       t.last_seen_at, t.firmware, t.battery, t.mains, t.tamper, t.rssi
from device d
join point p on p.id = d.point
left join device_status t on t.device = d.code
where ($1::text is null or d.code = $1)
    and ($2::text is null or d.school = $2)
    and ($3::text is null or d.school in (select code from school where district = $3))
    and ($4::device_link is null or coalesce(t.link, 'never') = $4)
    and ($5::text is null or $5 = any(t.troubles))
    and ($6::text is null or d.code > $6)
    and ($8::text is null or starts_with(lower(d.code), lower($8)))
order by d.code limit $7;

-- name: list_incidents
-- A page of incidents, newest first.
select * from incident
where ($1::incident_state[] is null or state = any($1))
    and ($2::text is null or school = $2)
    and ($3::text is null or district = $3)
    and ($4::press_mode is null or mode = $4)
    and ($5::timestamptz is null or opened_at >= $5)
    and ($6::bigint is null or id < $6)
order by id desc limit $7;

-- name: read_incident
-- One incident with the policy that it carries, not locked: for looking at.
select * from incident where id = $1;

-- name: read_incident_school
-- Where help has to go.
select s.code, s.name, s.district, d.name as district_name, s.address, s.latitude, s.longitude, s.students, s.kind,
       s.zone
from school s join district d on d.code = s.district where s.code = $1;

-- name: list_presses
-- A page of presses, newest first; unplaced ones are those whose school nobody could tell.
select id, incident, school, device, point, name, kind, kind_said, mode, mode_said, late, problems, occurred_at,
       received_at, recorded_at, source
from press
where (not $1::boolean or school is null)
    and ($2::text is null or school = $2)
    and ($3::text is null or device = $3)
    and ($4::bigint is null or incident = $4)
    and ($5::bigint is null or id < $5)
order by id desc limit $6;

-- name: list_cancels
-- The wishes to take presses of an incident back.
select press_name as press, device, occurred_at, received_at from press_cancel where incident = $1 order by id limit $2;

-- name: list_deliveries
-- Who was addressed about an incident, and what became of it.
select d.person, p.name as person_name, d.post_kind, d.channel, d.address, d.reason, d.step, d.round, d.attempt, d.state,
       d.attempts, d.queued_at, d.due_at, d.handed_over_at, d.delivered_at, d.seen_at, d.answered_at, d.answer,
       d.late_answer, d.late_answer_at, d.provider_id, d.error
from delivery d join person p on p.code = d.person
where d.incident = $1 order by d.id desc limit $2;

-- name: list_quarantine
-- What could not be read, newest first, with the beginning of it.
select id, topic, device, channel, reason, substring(payload for 4096) as payload, payload_bytes as payload_size,
       received_at
from quarantine where ($1::bigint is null or id < $1) order by id desc limit $2;

-- name: list_log
-- A stretch of the trail, oldest first. The last position bounds what a rare filter makes PostgreSQL read.
select position, at, actor, subject, kind, body::text as body, previous_hash, hash
from log
where position > $1 and position <= $2
    and ($3::text is null or subject = $3)
    and ($4::text is null or kind = $4)
    and ($5::timestamptz is null or at >= $5)
order by position limit $6;

-- name: read_log_time
-- When the row at a position was written, to find a time by halving.
select at from log where position = $1;
