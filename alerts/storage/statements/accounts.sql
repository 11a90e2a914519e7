-- name: save_account
-- A person who signs in at the board; saving again changes name, role, place and, if there is one, the password.
insert into account (name, display_name, role, password_hash, created_at, district, school, first_password)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (name) do update set display_name = excluded.display_name, role = excluded.role,
    district = excluded.district, school = excluded.school,
    password_hash = coalesce(excluded.password_hash, account.password_hash),
    first_password = case when excluded.password_hash is null then account.first_password else excluded.first_password end;

-- name: knows_place
-- Nobody stands for a place that is not in the registry.
select ($1::text is null or exists (select from district where code = $1))
    and ($2::text is null or exists (select from school where code = $2));

-- name: name_place
-- What everybody knows of a person is no good password for them.
select coalesce((select name from school where code = $2::text), (select name from district where code = $1::text));

-- name: find_session_id
-- The number of a session, by which its owner knows it.
select id from session where token_hash = $1;

-- name: is_program
-- Whether a program has this name.
select exists (select from api_token where name = $1);

-- name: find_account
-- For signing in.
select name, display_name, role, district, school, first_password, password_hash from account where name = $1;

-- name: read_preferences
-- What its owner chose at the board.
select preferences from account where name = $1;

-- name: save_preferences
-- Two machines at once: of each choice the last one stands.
update account set preferences = preferences || $2 where name = $1;

-- name: remove_account
-- Whoever leaves; their sessions end with it.
delete from account where name = $1 returning name;

-- name: remove_token
-- A program that is no more.
delete from api_token where name = $1 returning name;

-- name: change_password_hash
-- A better hash for the same password.
update account set password_hash = $2 where name = $1;

-- name: choose_password
-- Its owner's own: nobody else chose it.
update account set password_hash = $2, first_password = false where name = $1;

-- name: start_session
-- Only the digest of a session's token is kept.
insert into session (token_hash, account, created_at, seen_at, proved_at, expires_at, address, agent, by_provider)
values ($1, $2, $3, $3, $3, $4, $5, $6, $7);

-- name: list_sessions
-- Where somebody is signed in, the newest first.
select id, created_at, seen_at, expires_at, address, agent, token_hash = $3 as current from session
where account = $1 and expires_at > $2 order by id desc;

-- name: end_session_of
-- One that its owner does not know; the browser where it was rings no more.
with ended as (delete from session where account = $1 and id = $2 returning id),
    silenced as (delete from push_subscription p using ended where p.account = $1 and p.session = ended.id)
select id from ended;

-- name: end_sessions_of
-- All of somebody's; no browser rings for them any more, not even where a session ran out.
with silenced as (delete from push_subscription where account = $1),
    ended as (delete from session where account = $1 returning id)
select count(*) from ended;

-- name: end_other_sessions_of
-- All of somebody's but the one that asks, and with them every browser but the one where it is.
with silenced as (
    delete from push_subscription p where p.account = $1
        and not exists (select from session s where s.token_hash = $2 and s.id = p.session)),
    ended as (delete from session where account = $1 and token_hash <> $2 returning id)
select count(*) from ended;

-- name: list_accounts
-- Who may sign in, by name, in pages.
select name, display_name, role, district, school, created_at,
    (select count(*) from session s where s.account = a.name and s.expires_at > $3) as sessions,
    exists (select from second_factor f where f.account = a.name and f.confirmed_at is not null) as second_factor,
    password_hash is not null as password, first_password,
    (select subject from identity i where i.account = a.name and i.issuer = $4) as identity,
    a.person, (select p.name from person p where p.code = a.person) as person_name
from account a where name > $1 order by name limit $2;

-- name: count_administrators
-- How many there are beside this one. The lock lets no two of them leave at the same time.
select count(*) from (select from account where role = 'administrator' and name <> $1 for update) other;

-- name: list_tokens
-- Programs that may come in, by name, in pages.
select name, rights, district, school, created_at from api_token where name > $1 order by name limit $2;

-- name: find_session
-- Who is behind a token, while it lasts. That it is in use is written down every few minutes, not at each request. Whoever
-- came in by the provider needed no password.
with seen as (update session set seen_at = $2 where token_hash = $1 and expires_at > $2 and seen_at < $3)
select a.name, a.display_name, a.role, a.district, a.school, a.first_password and not s.by_provider as first_password
from session s join account a on a.name = s.account
where s.token_hash = $1 and s.expires_at > $2;

-- name: is_proved
-- Whether its owner showed who they are since then.
select exists (select from session where token_hash = $1 and proved_at > $2);

-- name: note_proof
-- Its owner showed who they are.
update session set proved_at = $2 where token_hash = $1;

-- name: end_session
-- Signing out: the browser rings no more.
with ended as (delete from session where token_hash = $1 returning id, account)
delete from push_subscription p using ended where p.account = ended.account and p.session = ended.id;

-- name: delete_expired_sessions
-- Housekeeping.
delete from session where expires_at <= $1;

-- name: save_token
-- A program's key; only its digest is kept. Saving under the same name replaces it.
insert into api_token (token_hash, name, rights, created_at, district, school, made_by) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (name) do update set token_hash = excluded.token_hash, rights = excluded.rights, created_at = excluded.created_at,
    district = excluded.district, school = excluded.school, made_by = excluded.made_by;

-- name: find_token
-- Which program is behind a token.
select name, name as display_name, 'integration' as role, district, school, rights as scopes from api_token where token_hash = $1;

-- name: claim_idempotency_key
-- The first request with a key works; a second one waits for it and then finds its answer.
insert into idempotency (account, key, request_digest, status, answer, created_at) values ($1, $2, $3, $4, $5, $6)
on conflict (account, key) do nothing;

-- name: find_idempotent_answer
-- What a request with this key was answered.
select request_digest, status, answer from idempotency where account = $1 and key = $2 and created_at > $3;

-- name: delete_old_idempotency_keys
-- Housekeeping.
delete from idempotency where created_at <= $1;

-- name: has_administrator
-- Whether anybody administers.
select exists (select from account where role = 'administrator');

-- name: save_first_link
-- The newest link counts; the ones before open nothing.
insert into first_administrator (token_hash, expires_at) values ($1, $2)
on conflict (single) do update set token_hash = excluded.token_hash, expires_at = excluded.expires_at;

-- name: holds_first_link
-- Whether a link is the one that counts, while nobody administers. It waits for whoever uses it at this moment.
select exists (select from first_administrator where token_hash = $1 and expires_at > $2 for update)
    and not exists (select from account where role = 'administrator');

-- name: forget_first_link
-- It was used.
delete from first_administrator;
