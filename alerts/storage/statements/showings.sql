-- name: keep
-- What screens say of live incidents in their people's places, once each; only so many screens of an incident by name.
with said as (
    select distinct on (incident, round, state, digest, screen) * from json_to_recordset($1::json) as row (
        incident bigint, round integer, state incident_state, digest text, screen text, shown_at timestamptz,
        seen_at timestamptz)
    order by incident, round, state, digest, screen, seen_at nulls last
), placed as (
    select r.incident, r.round, r.state, s.id as session, r.screen, a.name, a.display_name, r.shown_at, r.seen_at,
        row_number() over (partition by r.incident order by r.shown_at) as nth
    from said r join session s on s.token_hash = decode(r.digest, 'base64') join account a on a.name = s.account
    join incident i on i.id = r.incident and i.mode = 'live' and r.round <= i.round
        and (i.closed_at is null or i.closed_at > $3)
    where (a.school is null or i.school = a.school) and (a.district is null or i.district = a.district)
), known as (
    select k.incident, count(*) as screens from screen_showing k
    where k.incident in (select incident from said) group by k.incident
)
insert into screen_showing (incident, round, state, session, screen, account, account_name, shown_at, seen_at)
select p.incident, p.round, p.state, p.session, p.screen, p.name, p.display_name, p.shown_at, p.seen_at
from placed p left join known k on k.incident = p.incident
where p.nth + coalesce(k.screens, 0) <= $2 or exists (
    select from screen_showing o where (o.incident, o.round, o.state, o.session, o.screen)
        = (p.incident, p.round, p.state, p.session, p.screen))
order by p.incident, p.round, p.state, p.session, p.screen
on conflict (incident, round, state, session, screen) do update set seen_at = excluded.seen_at
    where screen_showing.seen_at is null and excluded.seen_at is not null
returning *;

-- name: forget
-- What was noted of incidents that were closed long ago, so many at a time; the log tells what there was.
delete from screen_showing where ctid = any(array(
    select s.ctid from screen_showing s join incident i on i.id = s.incident where i.closed_at <= $1 limit $2));
