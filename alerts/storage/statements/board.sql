-- name: list_school_items
-- Schools with their alarm devices counted by state; all of them, or those named. A school with a dead gate sensor can still
-- raise the alarm.
select s.code, s.district, s.name, s.kind, s.ownership, s.students, s.boarders, s.latitude, s.longitude,
    count(d.code) filter (where st.link = 'online') as online,
    count(d.code) filter (where st.link = 'silent') as silent,
    count(d.code) filter (where st.link = 'offline') as offline,
    count(d.code) filter (where coalesce(st.link, 'never') = 'never') as never,
    count(d.code) filter (where cardinality(st.troubles) > 0) as troubled
from school s
left join device d on d.school = s.code and d.role = 'alarm'
left join device_status st on st.device = d.code
where $1::text[] is null or s.code = any($1::text[])
group by s.code order by s.code;

-- name: list_districts
-- Districts in the city's order.
select code, name, name_en, position from district order by position, code;

-- name: list_not_closed
-- Every incident that still needs somebody.
select * from incident where state <> 'closed' order by id;
