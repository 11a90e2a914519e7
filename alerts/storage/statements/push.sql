-- name: move
-- The push service gave a browser another address; told twice, or by the page before, it has it already.
update push_subscription set endpoint = $2 where account = $3 and endpoint in ($1, $2)
    and (endpoint = $2 or not exists (select from push_subscription where endpoint = $2))
returning id;

-- name: renew
-- The same browser says again that it is there: its keys, its language, and the session in which it is used now.
update push_subscription set key = $3, secret = $4, language = coalesce($5, language), agent = $6, session = $7
where endpoint = $1 and account = $2
returning id;

-- name: forget_endpoint
-- Somebody else used the browser before.
delete from push_subscription where endpoint = $1;

-- name: save_method
-- All of a person's browsers are one method, behind their others. It needs no code: who is signed in as this person
-- switched it on.
insert into contact_method (person, rank, channel, address, added_at, verified_at, verified_by)
select $1, coalesce(max(rank), 0) + 1, 'push', $2, $3, $3, $4 from contact_method where person = $1
on conflict (person, channel, address) do update set channel = excluded.channel
returning id;

-- name: insert
-- A browser that is new.
insert into push_subscription (method, account, session, endpoint, key, secret, language, agent, made_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
returning id;

-- name: list
-- An account's browsers, the newest first; without what it takes to send to them.
select id, agent, language, made_at, taken_at from push_subscription where account = $1 order by id desc;

-- name: remove
-- One that its owner switched off.
delete from push_subscription where account = $1 and id = $2 returning id;

-- name: hold_method
-- The method that stands for an account's browsers, and when they were last tried.
select m.id, m.person, m.channel, m.address, c.enabled,
       (select max(s.tried_at) from push_subscription s where s.method = m.id) as tried_at
from contact_method m join channel c on c.code = m.channel
where m.id = (select method from push_subscription where account = $1 limit 1) for no key update of m;

-- name: note_tried
-- Somebody wants to see whether it works: not twice within seconds.
update push_subscription set tried_at = $2 where method = $1;

-- name: list_browsers
-- What it takes to send to all of a person's browsers.
select s.id, s.endpoint, s.key, s.secret, s.language
from push_subscription s join contact_method m on m.id = s.method where m.person = $1 order by s.id;

-- name: note_taken
-- Their push services took a message.
update push_subscription set taken_at = $2 where id = any($1::bigint[]);

-- name: forget_gone
-- Their push services do not know them any more.
delete from push_subscription where id = any($1::bigint[]) returning id;
