-- People are told when something of how they sign in was changed, by whomever.

alter table account add column person text references person; -- whose account it is, and so who is told by message

create table sign_in_change (
    id bigint generated always as identity primary key,
    account text not null references account on delete cascade,
    change text not null,
    at timestamptz not null,
    by text not null,
    by_name text not null,
    address text not null, -- where it was asked for; empty at the service's terminal
    seen_at timestamptz -- when the account's owner said that they know
);
create index on sign_in_change (account, id);

alter table notice
    drop constraint notice_kind_check,
    add constraint notice_kind_check check (kind in ('notice', 'verification', 'answer', 'sign_in'));
