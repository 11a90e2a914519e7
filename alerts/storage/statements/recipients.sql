-- name: list_callees
-- Whoever can be called at these schools, in these districts and for the city. `on_call`: on duty now, or holding a post
-- without a roster. Who is on leave is not there; deputies stand in, at posts without a roster (duty has them in already).
with posts as (
    select code, kind, school, district from post where school = any($1::text[])
    union all
    select code, kind, school, district from post where school is null and district = any($2::text[])
    union all
    select code, kind, school, district from post where school is null and district is null
), held as (
    select p.*, h.person, h.rank, r.post is null as on_call,
           exists (select from leave l where l.person = h.person and l.starts_at <= $3 and l.ends_at > $3) as away
    from posts p join holding h on h.post = p.code left join roster r on r.post = p.code
), called as (
    select code, kind, school, district, person, rank, on_call, not on_call as rostered from held where not away
    union all
    select h.code, h.kind, h.school, h.district, d.deputy, h.rank, h.on_call, not h.on_call
    from held h join deputy d on d.person = h.person
    where h.away and not exists (
        select from leave l where l.person = d.deputy and l.starts_at <= $3 and l.ends_at > $3)
    union all
    select p.code, p.kind, p.school, p.district, duty.person, 0, true, true
    from posts p join duty on duty.post = p.code and duty.starts_at <= $3 and duty.ends_at > $3
)
select c.kind as post_kind, c.school, c.district, c.person, person.name as person_name,
       min(c.rank) as rank, bool_or(c.on_call) as on_call, bool_or(c.rostered) as rostered,
       (select json_agg(json_build_object('channel', m.channel, 'address', m.address)
                        order by m.failing_since is not null, m.rank, m.id)
        from contact_method m join channel on channel.code = m.channel
        where m.person = c.person and m.verified_at is not null and channel.enabled)::text as methods
from called c join person on person.code = c.person
group by c.kind, c.school, c.district, c.person, person.name
order by c.school, c.district, c.kind, min(c.rank), c.person;

-- name: list_people
-- People whom a policy calls by name, unless they are on leave.
select p.code as person, p.name as person_name,
       (select json_agg(json_build_object('channel', m.channel, 'address', m.address)
                        order by m.failing_since is not null, m.rank, m.id)
        from contact_method m join channel on channel.code = m.channel
        where m.person = p.code and m.verified_at is not null and channel.enabled)::text as methods
from person p
where p.code = any($1::text[])
  and not exists (select from leave l where l.person = p.code and l.starts_at <= $2 and l.ends_at > $2)
order by p.code;

-- name: list_shared_channels
-- Channels that take messages for anybody.
select code from channel where enabled and not personal order by code;

-- name: list_neighbours
-- Schools within so many metres as the crow flies, nearest first. The box is what an index can answer.
with near as (
    select s.code as school, n.code as neighbour,
           2 * 6371000 * asin(sqrt(
               power(sin(radians(n.latitude - s.latitude) / 2), 2)
               + cos(radians(s.latitude)) * cos(radians(n.latitude))
                 * power(sin(radians(n.longitude - s.longitude) / 2), 2))) as metres
    from school s join school n
      on n.latitude between s.latitude - $2::double precision / 111000 and s.latitude + $2 / 111000
     and n.longitude between s.longitude - $2 / (111000 * cos(radians(s.latitude)))
                         and s.longitude + $2 / (111000 * cos(radians(s.latitude)))
     and n.code <> s.code
    where s.code = any($1::text[]) and s.latitude is not null and s.longitude is not null
)
select school, neighbour from near where metres <= $2 order by school, metres, neighbour;

-- name: list_group_neighbours
-- The other campuses of a school's education group.
select s.code as school, n.code as neighbour
from school s join school n on n.group_code = s.group_code and n.code <> s.code
where s.code = any($1::text[]) and s.group_code is not null
order by s.code, n.code;
