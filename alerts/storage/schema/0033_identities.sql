-- Who signs in at the operator's own provider (OpenID Connect) is known here by what the provider calls them, once an
-- administrator tied that to an account. Whoever has such an identity needs no password here.

create table identity (
    issuer text not null,
    subject text not null,
    account text not null references account on delete cascade,
    tied_by text not null,
    tied_at timestamptz not null,
    primary key (issuer, subject),
    unique (issuer, account)
);

alter table account alter column password_hash drop not null;

-- Signs what a browser keeps while its person is at the provider; it outlives every password.
insert into service_secret (name, value) values
    ('sign_in', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
