-- When our own service did not hear devices: no gateway ran, or none reached the broker. Of such a stretch nobody knows whether a
-- device was there, and what the broker held back of it came late. Of two lanes they may overlap.
create table deaf_span (
    began_at timestamptz primary key,
    ended_at timestamptz not null check (began_at < ended_at)
);
create index deaf_span_ended on deaf_span (ended_at);
