-- name: tie_identity
-- One account an identity, one identity an account at each provider: tying another one replaces it.
insert into identity (issuer, subject, account, tied_by, tied_at) values ($1, $2, $3, $4, $5)
on conflict (issuer, account) do update
    set subject = excluded.subject, tied_by = excluded.tied_by, tied_at = excluded.tied_at;

-- name: find_tied
-- As whom an identity may sign in.
select a.name, a.display_name, a.role, a.district, a.school from identity i join account a on a.name = i.account
where i.issuer = $1 and i.subject = $2;

-- name: find_identity
-- By which identity an account may sign in.
select subject from identity where issuer = $1 and account = $2;

-- name: untie_identity
-- It lets nobody in any more.
delete from identity where issuer = $1 and account = $2 returning subject;

-- name: read_proofs
-- By what its owner can show who they are.
select password_hash is not null as password,
    exists (select from identity i where i.account = a.name and i.issuer = $2::text) as provider
from account a where a.name = $1;
