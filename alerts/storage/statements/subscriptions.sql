-- name: save_feed
-- A new address to subscribe to somebody's duty, or a post's; the old one was removed before.
insert into duty_feed (token_hash, person, post, saved_by, saved_at) values ($1, $2, $3, $4, $5);

-- name: remove_feed
-- The address stops to work.
delete from duty_feed where person = $1 or post = $2 returning 1;

-- name: find_feed
-- Whose duty an address shows.
select person, post from duty_feed where token_hash = $1;

-- name: has_feed
-- Whether there is an address to subscribe to.
select exists (select from duty_feed where person = $1 or post = $2);

-- name: list_feed_duty
-- The duty that a subscriber sees.
select u.post, po.name as post_name, coalesce(s.name, '') as school_name, u.starts_at, u.ends_at, u.person,
       p.name as person_name, u.shift, u.source, u.assumed
from duty u join post po on po.code = u.post left join school s on s.code = po.school join person p on p.code = u.person
where ($1::text is null or u.person = $1) and ($2::text is null or u.post = $2) and u.ends_at > $3
order by u.starts_at, u.post, u.person;
