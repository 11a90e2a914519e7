-- Whoever has a second factor shows a code beside their password. Codes follow from the secret, so it is kept as it is;
-- codes for a bad day are kept as digests.

create table second_factor (
    account text primary key references account on delete cascade,
    secret text not null,
    made_at timestamptz not null,
    confirmed_at timestamptz,
    last_step bigint not null default 0
);

create table recovery_code (
    account text not null references second_factor on delete cascade,
    code_hash bytea not null,
    primary key (account, code_hash)
);
