-- name: await_other_tests
-- Two gateways that take tests of one school at once would each see a first press only: batches with tests take turns.
select pg_advisory_xact_lock(hashtext('campus.presses.test'));

-- name: list_recent_tests
-- What was pressed as a test at these schools a moment ago, also what turned out to be real; by either clock.
select school, received_at, recorded_at from press
where school = any($1::text[]) and (mode = 'test' or problems @> array['second_press_in_test'])
    and (recorded_at >= $2 or received_at >= $3);

-- name: take_presses
-- A row for each test press of a registered button; a gate has none to be proved. What came over HTTPS had its receipt in the answer.
insert into button_proof (press, month, device, incident, pressed_at, shown_at, shown_position, receipted_at)
select p.id, date_trunc('month', log.at at time zone s.zone)::date, p.device, p.incident, p.received_at, log.at,
       log.position, case when p.source = 'http' then p.recorded_at end
from log
join press p on p.id = (body #>> '{press,id}')::bigint
join device d on d.code = p.device and d.role = 'alarm'
join school s on s.code = d.school
where position > $1 and position <= $2 and log.kind = 'press.received' and body #>> '{incident,mode}' = 'test'
on conflict (press) do nothing;

-- name: take_police_receipts
-- 110's receipts for what was pressed before them; the first one of a press stands.
update button_proof proof set
    police_receipt_at = receipt.at, police_receipt_by = receipt.by, police_receipt_how = receipt.how,
    police_reference = receipt.reference, police_position = receipt.position
from (
    select distinct on (incident, device) substr(subject, length('incident:') + 1)::bigint as incident, device, position,
           at, body ->> 'by' as by, body ->> 'how' as how, body ->> 'reference' as reference
    from log cross join lateral json_array_elements_text(body -> 'devices') as device
    where position > $1 and position <= $2 and kind = 'test.police_receipted'
    order by incident, device, position
) as receipt
where proof.incident = receipt.incident and proof.device = receipt.device and proof.police_receipt_at is null
    and proof.shown_position < receipt.position;

-- name: take_closings
-- An incident that a person closed as anything but a test was none: that is an objection.
update button_proof proof set
    closed_at = closing.at,
    objected_at = case when closing.is_test then objected_at else coalesce(objected_at, closing.at) end,
    objected_by = case when closing.is_test then objected_by else coalesce(objected_by, closing.by) end,
    objection = case when closing.is_test then objection else coalesce(objection, closing.cause) end
from (
    select substr(subject, length('incident:') + 1)::bigint as incident, at, body ->> 'by' as by, body ->> 'cause' as cause,
           body ->> 'cause' = 'test' as is_test
    from log where position > $1 and position <= $2 and kind = 'incident.closed'
        and body #>> '{incident,mode}' = 'test'
) as closing
where proof.incident = closing.incident and proof.closed_at is null;

-- name: list_link_receipts
-- Tests that 110 accepted over the link, and the buttons that were pressed by then and had no receipt of 110 yet.
select handed.incident, handed.reference, array_agg(distinct proof.device) as devices
from (
    select distinct on (subject) substr(subject, length('incident:') + 1)::bigint as incident, position,
           coalesce(body ->> 'number', '') as reference
    from log
    where position > $1 and position <= $2 and kind in ('handover.accepted', 'handover.dispatched', 'handover.on_scene')
        and body #>> '{incident,mode}' = 'test'
    order by subject, position
) as handed
join button_proof proof on proof.incident = handed.incident
where proof.police_receipt_at is null and proof.shown_position < handed.position
group by handed.incident, handed.reference order by handed.incident;

-- name: take_receipts
-- The receipt that follows 110's has left for the button when the gateway's reader is past its row: the broker confirmed.
update button_proof set receipted_at = $1
where receipted_at is null and police_position is not null
    and police_position <= (select position from log_reader where name = 'receipts');

-- name: take_objections
-- An objection that came before the engine had written the press down.
update button_proof proof set objected_at = said.at, objected_by = said.by, objection = said.text
from (
    select distinct on (subject) substr(subject, length('incident:') + 1)::bigint as incident, position, at,
           body ->> 'by' as by, body ->> 'text' as text
    from log where position > $1 and position <= $2 and kind = 'test.objected' order by subject, position
) as said
where proof.incident = said.incident and proof.objected_at is null and proof.shown_position < said.position;

-- name: list_pending
-- Tests of these buttons since an instant that 110 has not receipted yet.
select p.incident, array_agg(distinct p.device) as devices
from press p left join button_proof proof on proof.press = p.id
where p.device = any($1::text[]) and p.mode = 'test' and p.recorded_at >= $2
    and proof.police_receipt_at is null and proof.objected_at is null
group by p.incident order by p.incident;

-- name: object
-- Somebody says that this was not a good test: the machine closes nothing over that.
update button_proof set objected_at = $2, objected_by = $3, objection = $4
where incident = $1 and objected_at is null;

-- name: list_ripe
-- Tests of which every press is proved, long enough after the last one; all, or those among these.
select i.id from incident i
where i.id in (select incident from button_proof where proved_at is not null and closed_at is null)
    and i.mode = 'test' and i.state in ('open', 'acknowledged') and i.last_press_at < $1 and i.outputs_unconfirmed = 0
    and ($2::bigint[] is null or i.id = any($2))
    and not exists (
        select from press p left join button_proof proof on proof.press = p.id
        where p.incident = i.id and proof.proved_at is null)
order by i.id limit $3;

-- name: list_devices
-- A page of buttons with the best that each one came to in a month: a proved press, else the newest.
select d.code as device, p.name as point, p.kind as point_kind, d.school, s.name as school_name, s.district,
       n.name as district_name, proof.incident, proof.pressed_at, proof.shown_at, proof.shown_position,
       proof.police_receipt_at, proof.police_receipt_by, proof.police_receipt_how, proof.police_reference,
       proof.receipted_at, proof.proved_at, proof.closed_at, proof.objected_at, proof.objected_by, proof.objection
from device d
join point p on p.id = d.point
join school s on s.code = d.school
join district n on n.code = s.district
left join lateral (
    select * from button_proof b where b.device = d.code and b.month = $1
    order by b.proved_at is null, b.press desc limit 1
) as proof on true
where d.role = 'alarm' and ($2::text is null or s.district = $2) and ($3::text is null or d.school = $3)
    and ($4::boolean is null or (proof.proved_at is not null) = $4)
    and ($5::text is null or d.code > $5)
order by d.code limit $6;

-- name: count_month
-- The city's figure, by district: how many buttons came how far in a month.
select n.code as district, n.name as district_name, count(*) as devices, count(proof.pressed_at) as pressed,
       count(proof.shown_at) as shown, count(proof.police_receipt_at) as police, count(proof.receipted_at) as receipted,
       count(proof.proved_at) as proved, count(proof.objected_at) as objected, count(proof.closed_at) as closed
from device d
join school s on s.code = d.school
join district n on n.code = s.district
left join lateral (
    select * from button_proof b where b.device = d.code and b.month = $1
    order by b.proved_at is null, b.press desc limit 1
) as proof on true
where d.role = 'alarm'
group by n.code, n.name, n.position order by n.position, n.code;

-- name: list_unknown_devices
-- Codes that nobody registered.
select code from unnest($1::text[]) as said (code) where not exists (select from device d where d.code = said.code);
