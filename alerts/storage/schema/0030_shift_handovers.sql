-- What stood open when somebody left the desk of a place, as they signed it; whoever came signs once that they saw it. Without
-- school and district the place is the city.
create table shift_handover (
    id bigint generated always as identity primary key,
    district text references district,
    school text references school,
    handed_at timestamptz not null,
    handed_by text not null,
    handed_by_name text not null,
    remark text not null,
    counts jsonb not null,
    items jsonb not null,
    received_at timestamptz,
    received_by text,
    received_by_name text,
    received_remark text,
    check (district is null or school is null),
    check ((received_at is null) = (received_by is null))
);
create index shift_handover_of_place on shift_handover (school, district, id);
create index shift_handover_of_district on shift_handover (district, id);
create index shift_handover_waiting on shift_handover (id) where received_at is null;

-- Nothing of it changes but that somebody receives it, once.
create function refuse_shift_handover_change() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.received_at is null and new.received_at is not null
        and (to_jsonb(new) - array['received_at', 'received_by', 'received_by_name', 'received_remark'])
          = (to_jsonb(old) - array['received_at', 'received_by', 'received_by_name', 'received_remark']) then
        return new;
    end if;
    raise exception 'a hand-over between shifts stays as it was signed: % refused', tg_op using errcode = 'restrict_violation';
end $$;
create trigger shift_handover_stays before update or delete on shift_handover
    for each row execute function refuse_shift_handover_change();

-- Outputs that nobody heard of are few among all that were ever wanted.
create index output_command_unconfirmed on output_command (id) where unconfirmed_at is not null;
