-- name: insert_leave
-- A person is away.
insert into leave (person, starts_at, ends_at, note, saved_by, saved_at) values ($1, $2, $3, $4, $5, $6) returning id;

-- name: end_leave
-- They are back: leave that has begun ends now, leave that has not goes.
with said as (
    select id, person, starts_at from leave where id = $1 and ends_at > $2
), ended as (
    update leave set ends_at = $2 where id in (select id from said where starts_at < $2) returning person
), gone as (
    delete from leave where id in (select id from said where starts_at >= $2) returning person
)
select person from ended union all select person from gone;

-- name: list_leave
-- Leave that is not over, of one person or of a place's people.
select l.id, l.person, p.name as person_name, l.starts_at, l.ends_at, l.note, l.saved_by, l.saved_at
from leave l join person p on p.code = l.person
where l.ends_at > $1 and ($2::text is null or l.person = $2)
  and ($3::text is null or exists (
      select from holding h join post po on po.code = h.post where h.person = l.person and po.school = $3))
  and ($4::text is null or exists (
      select from holding h join post po on po.code = h.post left join school s on s.code = po.school
      where h.person = l.person and coalesce(po.district, s.district) = $4))
  and ($5::bigint is null or (l.starts_at, l.id) > (select e.starts_at, e.id from leave e where e.id = $5))
order by l.starts_at, l.id limit $6;

-- name: list_away
-- When these people are away, from a time on.
select person, starts_at, ends_at from leave where person = any($1::text[]) and ends_at > $2
order by person, starts_at;

-- name: list_deputies
-- Who stands in for these people, first choice first.
select d.person, d.deputy, p.name as deputy_name, d.rank from deputy d join person p on p.code = d.deputy
where d.person = any($1::text[]) order by d.person, d.rank, d.deputy;

-- name: list_deputised
-- For whom a person stands in.
select d.person, p.name as person_name, d.rank from deputy d join person p on p.code = d.person
where d.deputy = $1 order by d.person;

-- name: save_deputies
-- A person's deputies, first choice first, in the place of those before.
with gone as (
    delete from deputy where person = $1 and deputy <> all($2::text[])
)
insert into deputy (person, deputy, rank)
select $1, row.deputy, row.rank from unnest($2::text[]) with ordinality as row (deputy, rank)
on conflict (person, deputy) do update set rank = excluded.rank;
