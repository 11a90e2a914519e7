-- A person sees where they are signed in, and ends what they do not know.

alter table session
    add column id bigint generated always as identity,
    add column address text not null default '',
    add column agent text not null default '',
    add unique (account, id);
