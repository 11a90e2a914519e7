-- name: take_turn
-- Whoever asks for exports does so in turn with themselves: two at once do not both take the last place.
select pg_advisory_xact_lock(hashtext('campus.report_export ' || $1::text));

-- name: count_kept
-- How many exports an account has.
select count(*)::integer from report_export where asked_by = $1;

-- name: insert
-- Asks for an export; it may be taken at once.
insert into report_export (asked_by, asked_at, period, period_name, first_on, last_on, district, school, form, language,
                           next_at, file_name, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $2, $11, $12)
returning id;

-- name: list_own
-- An account's exports, the newest first, without their bytes.
select e.id, e.asked_at, e.period, e.period_name, e.first_on, e.last_on, e.district, e.school,
       coalesce(s.name, d.name, '') as place_name, e.form, e.language, e.state, e.done, e.total, e.problem, e.file_name,
       encode(e.sha256, 'hex') as sha256, octet_length(e.content) as bytes, e.made_at, e.expires_at
from report_export e left join school s on s.code = e.school left join district d on d.code = e.district
where e.asked_by = $1 and ($2::bigint is null or e.id = $2) and ($3::bigint is null or e.id < $3)
order by e.id desc limit $4;

-- name: read_file
-- The bytes of an account's export that is made.
select file_name, form, district, school, content, encode(sha256, 'hex') as sha256 from report_export
where id = $1 and asked_by = $2 and state = 'made';

-- name: delete_own
-- An account does not want an export any more; one that is being made is not finished then.
delete from report_export where id = $1 and asked_by = $2 returning id;

-- name: claim
-- Takes an export whose deadline has passed; one that another taker takes at this moment is passed by.
update report_export set state = 'making', attempt = attempt + 1, next_at = $2, done = 0
where id = (
    select id from report_export where next_at <= $1 order by next_at, id limit 1 for no key update skip locked
)
returning id, attempt, asked_by, period, period_name, first_on, last_on, district, school, form, language, file_name;

-- name: hold
-- Still at it: moves the deadline on. Nothing, when somebody else has taken it or it is not wanted any more.
update report_export set next_at = $3 where id = $1 and attempt = $2 and state = 'making' returning id;

-- name: tell_progress
-- How far it is.
update report_export set done = $3, total = $4 where id = $1 and attempt = $2 and state = 'making';

-- name: keep_file
-- It is made. Nothing, when somebody else has taken it or it is not wanted any more.
update report_export set state = 'made', content = $3, sha256 = $4, made_at = $5, next_at = null, done = total
where id = $1 and attempt = $2 and state = 'making' returning id;

-- name: put_off
-- It did not work, and is tried again later.
update report_export set state = 'waiting', next_at = $3 where id = $1 and attempt = $2 and state = 'making';

-- name: give_up
-- It cannot be made; the problem says why.
update report_export set state = 'failed', problem = $3, next_at = null
where id = $1 and attempt = $2 and state = 'making';

-- name: delete_expired
-- Forgets exports that were kept long enough.
delete from report_export where expires_at <= $1;
