-- What devices sign in with at the broker. Hashes only, in the two forms that brokers compare with: whoever reads this table
-- signs in nowhere. Rows stay: they tell when which one was good.
create table device_credential (
    id bigint generated always as identity primary key,
    device text not null references device,
    user_name text not null,
    bcrypt_hash text not null,
    pbkdf2_hash text not null,
    district text not null, -- the school for which it was issued, by the levels of its topics
    school text not null,
    issued_at timestamptz not null,
    issued_by text not null,
    ends_at timestamptz, -- a newer one took its place: good until then
    ended_at timestamptz, -- not good any more since, whatever ends_at says
    revoked boolean not null default false, -- somebody said that it must not be good
    used_at timestamptz -- its last sign-in, where the broker tells of them
);
create unique index device_credential_one on device_credential (device) where ends_at is null and ended_at is null;
create unique index device_credential_name on device_credential (user_name) where ended_at is null;
create index device_credential_device on device_credential (device);

-- Whom brokers refused, by name: one row a name of ours, and one without a name for all others and for brokers that tell none.
create table refused_sign_in (
    user_name text primary key,
    device text references device,
    address text not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    attempts bigint not null
);
create index refused_sign_in_device on refused_sign_in (device);
