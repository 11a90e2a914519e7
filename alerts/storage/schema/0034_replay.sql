-- The whole board at a row of the log, now and then: the board at any instant is the newest of these before it and the few
-- rows after that, however long the log is. What the log says can be read again from it; nothing rests on these.
create table board_keyframe (
    position bigint primary key,
    at timestamptz not null,
    board bytea not null
);
alter table board_keyframe alter column board set storage external; -- it is compressed already
create index board_keyframe_at on board_keyframe (at);
