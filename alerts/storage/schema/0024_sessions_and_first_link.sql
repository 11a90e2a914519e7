-- A person sees where they are signed in, and ends what they do not know.

alter table session
    add column id bigint generated always as identity,
    add column address text not null default '',
    add column agent text not null default '',
    add unique (account, id);

-- A link that was printed and makes the first administrator. There is one at most, and none once it was used.
create table first_administrator (
    single boolean primary key default true check (single),
    token_hash bytea not null,
    expires_at timestamptz not null
);
