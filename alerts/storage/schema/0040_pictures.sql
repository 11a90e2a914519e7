-- How a place looks: a floor sketch and a photo of a point, as they were drawn anew, and links to cameras.

create type picture_kind as enum ('sketch', 'photo');

create table point_picture (
    point bigint not null references point,
    kind picture_kind not null,
    content bytea not null,
    width integer not null,
    height integer not null,
    sha256 text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    saved_by text not null,
    saved_at timestamptz not null,
    primary key (point, kind)
);
alter table point_picture alter column content set storage external; -- compressed already

create table camera (
    school text not null references school,
    name text not null,
    address text not null,
    point bigint references point, -- null: the school's as a whole
    primary key (school, name)
);
create index on camera (point) where point is not null;
