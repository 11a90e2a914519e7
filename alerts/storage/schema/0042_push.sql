-- Alarms on people's own telephones and PCs, by Web Push.

insert into channel (code, enabled) values ('push', false);

-- A browser in which an account switched notifications on, until it is switched off, its session is ended by somebody (a
-- session that runs out ends nothing: the telephone in a pocket is to ring), or its push service says that it has gone.
-- All browsers of a person are one contact method.
create table push_subscription (
    id bigint generated always as identity primary key,
    method bigint not null references contact_method on delete cascade,
    account text not null references account on delete cascade,
    session bigint not null,
    endpoint text not null unique,
    key bytea not null check (octet_length(key) = 65),
    secret bytea not null check (octet_length(secret) = 16),
    language text not null check (language in ('zh', 'en')),
    agent text not null,
    made_at timestamptz not null,
    taken_at timestamptz,
    tried_at timestamptz
);
create index push_subscription_of_method on push_subscription (method);
create index push_subscription_of_account on push_subscription (account, session);

-- Nobody is reached by a method without a browser: it goes with the last one, whatever took that away.
create function end_push_method() returns trigger language plpgsql as $$
begin
    delete from contact_method m using gone
    where m.id = gone.method and not exists (select from push_subscription s where s.method = m.id);
    return null;
end $$;
create trigger push_subscription_ended after delete on push_subscription
    referencing old table as gone for each statement execute function end_push_method();
