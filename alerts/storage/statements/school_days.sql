-- name: list_schools
-- Whose days they are; all schools, or those named.
select code, district, kind, ownership, students, boarders, zone, latitude, longitude from school
where $1::text[] is null or code = any($1) order by code;

-- name: list_timetables
-- Timetables that hold on one of two days: those of kinds of school, and these schools' own.
select id, school_kind, school, valid_from, valid_until, definition::text as definition from timetable
where (school is null or school = any($1::text[])) and valid_from <= $3 and (valid_until is null or valid_until >= $2)
order by id;

-- name: list_terms
-- Terms of these days, and those before that a rule may look back to.
select name, first_on as first, last_on as last, school from school_term
where (school is null or school = any($1::text[])) and first_on <= $3 and last_on >= $2 order by id;

-- name: list_exceptions
-- Days that are otherwise, of the city, its districts and these schools.
select id, kind, first_on as first, last_on as last, school, district, closes, level from day_exception
where retired_at is null and (school is null or school = any($1::text[])) and first_on <= $3 and last_on >= $2
order by id;

-- name: list_parameters
-- Numbers that were set and hold on a day.
select id, rule, name, level, value, source, valid_from, valid_until, school from rule_parameter
where valid_from <= $1 and (valid_until is null or valid_until >= $1) order by id;

-- name: list_devices
-- The devices of these schools, what they are for, and which traits they have told.
select d.code, d.school, d.role, p.kind as point_kind,
       array_remove(array[case when t.battery is not null then 'battery' end, case when t.mains is not null then 'mains' end,
                          case when t.tamper is not null then 'tamper' end], null) as tells,
       exists (select from button_proof b where b.device = d.code and b.proved_at < $2) as proved_ever
from device d join point p on p.id = d.point left join device_status t on t.device = d.code
where d.school = any($1::text[]) order by d.school, d.code;

-- name: list_transitions
-- What became of these schools' devices in a stretch of time, and what each one was when it began.
select d.school, t.device, t.at, t.link, t.troubles
from device d
cross join lateral (
    select max(at) as at from device_transition b where b.device = d.code and b.at <= $2
) as before
join device_transition t on t.device = d.code and t.at >= coalesce(before.at, $2) and t.at < $3
where d.school = any($1::text[]) order by t.device, t.at, t.number;

-- name: list_first_heard
-- Since when anything of a school was heard.
select d.school, min(first.at) as at
from device d
cross join lateral (
    select at from device_transition t where t.device = d.code and t.link = 'online' order by at limit 1
) as first
where d.school = any($1::text[]) group by d.school;

-- name: list_evidence
-- What came in of these schools in a stretch of time, in no order; the dates name the partitions. No problems are null:
-- that is read faster than an empty array, and so are dates and instants as they are written.
select place, device, channel, identity, on_date::text, occurred_at::text, received_at::text,
       nullif(problems, '{}') as problems, payload
from evidence
where place = any($1::text[]) and ($2::text[] is null or channel = any($2)) and on_date between $5 and $6
    and coalesce(occurred_at, received_at) >= $3 and coalesce(occurred_at, received_at) < $4;

-- name: list_last_gates
-- The last thing that each gate of these schools told before an instant, as far back as a date. Day by day, the newest first:
-- an event is filed under the date of its time, and a day of a gate is found by its key, whatever the planner knows yet of
-- a day that has just come in.
select d.school as place, e.device, e.channel, e.identity, e.on_date::text, e.occurred_at::text, e.received_at::text,
       nullif(e.problems, '{}') as problems, e.payload
from device d
cross join lateral (
    select last.*
    from (
        select day::date from generate_series($3::date, ($2 at time zone 'UTC')::date, interval '1 day') as day
        order by day desc
    ) as days
    cross join lateral (
        select * from evidence e
        where e.on_date = days.day and e.device = d.code and e.channel = 'gate' and e.place = d.school
            and coalesce(e.occurred_at, e.received_at) < $2
        order by coalesce(e.occurred_at, e.received_at) desc limit 1
    ) as last
    order by days.day desc limit 1
) as e
where d.school = any($1::text[]) and d.role = 'gate';

-- name: list_proofs
-- Tests of these schools' buttons in a stretch of time, but for those that somebody objected to, and whether 110 had been
-- told before.
select d.school, b.device, b.incident, b.pressed_at as at, b.shown_at is not null as seen,
       b.police_receipt_at is not null as police, b.receipted_at is not null as returned,
       exists (
           select from press_window w join school s on s.code = d.school
           where w.mode = 'test' and w.starts_at <= b.pressed_at and w.ends_at > b.pressed_at
               and w.police_notified_at <= b.pressed_at
               and (w.school = s.code or w.school is null and w.district = s.district
                    or w.school is null and w.district is null)
       ) as announced_to_police
from device d join button_proof b on b.device = d.code
where d.school = any($1::text[]) and b.pressed_at >= $2 and b.pressed_at < $3 and b.objected_at is null
order by b.device, b.pressed_at;

-- name: list_press_clocks
-- The last press of each device, by both clocks.
select d.code as device, p.occurred_at, p.received_at
from device d
cross join lateral (
    select occurred_at, received_at from press
    where device = d.code and received_at >= $2 and received_at < $3 and occurred_at is not null
    order by received_at desc limit 1
) as p
where d.school = any($1::text[]);

-- name: list_holders
-- Who holds the posts of these schools, with certificates, and whether any channel reaches them.
select t.school, h.person, h.post, t.kind as post_kind,
       (select json_agg(json_build_object('kind', c.kind, 'valid_until', c.valid_until) order by c.id)
        from certificate c where c.person = h.person)::text as certificates,
       exists (select from contact_method m join channel c on c.code = m.channel
               where m.person = h.person and m.verified_at is not null and m.failing_since is null and c.enabled
                   and c.personal) as reachable,
       (select max(at) from post_seen s
        where s.school = t.school and s.post = h.post and s.person = h.person and s.on_date < $2
            and s.on_date >= $2 - 31) as seen_at
from post t join holding h on h.post = t.code
where t.school = any($1::text[]) order by t.school, h.post, h.rank, h.person;

-- name: list_posts
-- The posts of these schools with who was to be there, and of what is published from an instant on what is missing.
select t.school, t.code, t.kind, r.post is not null as rostered, r.expanded_until as published_until,
       (select json_agg(json_build_array(d.person, json_build_array(d.starts_at, d.ends_at)) order by d.starts_at, d.person)
        from duty d where d.post = t.code and d.ends_at > $2 and d.starts_at < $3)::text as duty,
       (select json_agg(json_build_array(o.starts_at, o.ends_at))
        from duty_hole o where o.post = t.code and o.ends_at > $4 and o.empty)::text as holes,
       array(select distinct d.person from duty d
             where d.post = t.code and d.ends_at > $4 and not exists (
                 select from contact_method m join channel c on c.code = m.channel
                 where m.person = d.person and m.verified_at is not null and m.failing_since is null and c.enabled
                     and c.personal) order by 1) as unreachable
from post t left join roster r on r.post = t.code
where t.school = any($1::text[]) order by t.school, t.code;

-- name: list_facts
-- Facts of these schools that stand, said before an instant: neither corrected nor withdrawn. What tells of one moment is
-- looked back to for two days, all else for 400.
select f.school, f.id, f.kind, f.at, f.by, f.grade, f.valid_until, f.about, f.said::text as said,
       exists (select from fact_photo p where p.fact = f.id) as photo
from declared_fact f
where f.school = any($1::text[]) and f.at < $3 and f.at >= $2::timestamptz - interval '400 days'
    and (f.at >= $2::timestamptz - interval '2 days' or not f.kind = any($4::text[]))
    and not f.withdrawn and not exists (select from declared_fact c where c.corrects = f.id)
order by f.school, f.at, f.id;

-- name: list_incidents
-- Incidents of these schools that opened in a stretch of time, with the times of their log and of 110. Who took, went and
-- closed is counted once each.
select i.school, i.id, i.mode, i.opened_at, a.taken_at,
       (select min(coalesce(d.seen_at, d.delivered_at)) from delivery d
        where d.incident = i.id and d.post_kind = any($4::post_kind[]) and d.state = 'delivered') as school_told_at, h.sent_at as police_sent_at, h.accepted_at as police_accepted_at,
       h.on_scene_at, i.closed_at, i.cause,
       coalesce((select count(distinct l.actor) from log l
                 where l.subject = 'incident:' || i.id and l.position >= i.opened_position
                     and l.kind in ('incident.acknowledged', 'incident.responding', 'incident.closed')
                     and l.actor like 'person:%' and i.closed_at is not null), 0) as people_at_closing,
       exists (select from log l
               where l.subject = 'incident:' || i.id and l.position >= i.opened_position and l.kind = 'incident.closed'
                   and coalesce(l.body ->> 'text', '') <> '') as text_at_closing
from incident i
left join handover h on h.incident = i.id
left join answer_time a on a.incident = i.id
where i.school = any($1::text[]) and i.opened_at >= $2 and i.opened_at < $3 order by i.school, i.opened_at;

-- name: list_live_presses
-- Live presses of these schools that arrived in a stretch of time, each with the confirmation of its receipt, which is filed
-- under the press's own date; the dates name the partitions.
select p.school, p.incident, p.received_at as at, confirmed.at as confirmed_at, confirmed.key as receipt
from press p
left join lateral (
    select e.received_at as at, e.on_date || '/' || e.device || '/' || e.channel || '/' || e.identity as key
    from evidence e
    where e.on_date = (p.received_at at time zone 'UTC')::date and e.on_date between $4 and $5
        and e.device = p.device and e.channel = 'receipt' and e.identity = p.identity
    limit 1
) as confirmed on true
where p.school = any($1::text[]) and p.mode = 'live' and p.received_at >= $2 and p.received_at < $3
order by p.school, p.received_at, p.id;

-- name: list_false_presses
-- Live incidents of these schools since an instant that were closed as false.
select school, opened_at from incident
where school = any($1::text[]) and mode = 'live' and opened_at >= $2 and opened_at < $3
    and cause = any($4::incident_cause[])
order by school, opened_at;

-- name: list_practice
-- Presses in announced tests and drills since an instant.
select school, incident, device, received_at as at from press
where school = any($1::text[]) and mode <> 'live' and received_at >= $2 and received_at < $3
order by school, received_at, id;

-- name: list_drills
-- Drills of these schools: windows with a press in them. A phase is done when its last card is, and none was left.
with held as (
    select distinct on (i.school, w.id) i.school, w.id as window, i.id as incident, i.opened_at as at
    from incident i join school s on s.code = i.school
    join press_window w on w.mode = 'drill' and w.starts_at <= i.opened_at and w.ends_at > i.opened_at
        and (w.school = s.code or w.school is null and w.district = s.district or w.school is null and w.district is null)
    where i.school = any($1::text[]) and i.mode = 'drill' and i.opened_at >= $2 and i.opened_at < $3
    order by i.school, w.id, i.opened_at
)
select held.school, held.window, held.at,
       (select min(t.plan) from task t where t.incident = held.incident) as plan,
       (select array_agg(done.seconds order by done.phase) from (
            select p.phase, (select case when bool_and(t.state = 'done')
                                         then extract(epoch from max(t.settled_at) - held.at)::float8 end
                             from task t where t.incident = held.incident and t.phase = p.phase) as seconds
            from unnest(array['self_help', 'mutual_help', 'reinforcement']::plan_phase[]) as p (phase)
        ) as done) as phases
from held order by held.school, held.at;

-- name: list_hazards
-- Hazards of these schools that were open in a stretch of time.
select school, id, opened_at, owner, due_at, case when closed_at < $3 then closed_at end as closed_at,
       closed_at is not null and (proof_fact is not null or coalesce(proof_text, '') <> '') as proof
from hazard
where school = any($1::text[]) and opened_at < $3 and (closed_at is null or closed_at >= $2) order by school, id;

-- name: list_points
-- Where the posts and patrol points of these schools are.
select school, code, x_metres, y_metres, latitude, longitude, key_point as key from check_point
where school = any($1::text[]) and (retired_at is null or retired_at > $2) order by school, code;

-- name: list_districts_limits
-- How long 110 may take to be there, by district; the city's with none.
select district, on_scene_seconds from police_limit;

-- name: list_sample_plans
-- Which of the plans by which schools act are invented.
select distinct school, plan, sample from plans_of_schools($1, null) where school = any($2::text[]);

-- name: add_seen
-- Who checked in where on a day, so that a post is known to be used without reading a month of check-ins.
insert into post_seen (school, post, person, on_date, at)
select school, post, person, $2, at from json_to_recordset($1::json) as row (school text, post text, person text,
    at timestamptz)
on conflict (school, post, person, on_date) do update set at = greatest(post_seen.at, excluded.at);

-- name: forget_seen
-- No rule looks back further.
delete from post_seen where on_date < $1;
