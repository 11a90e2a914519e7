-- Fire and medical calls are alarms of their own at the monitoring station, and are over, or cancelled, like any other.
create or replace function hand_back() returns trigger language plpgsql as $$
begin
    update handover set due_at = new.closed_at, answer_by = null, on_scene_by = null
    where incident = new.id and state <> 'closed' and withdrawn_at is null;
    insert into dc09_event (incident, code, qualifier, live, queued_at, due_at)
    select new.id,
           case when new.cause in ('real', 'dispute', 'medical') then e.code else 406 end,
           case when new.cause in ('real', 'dispute', 'medical') then 3 else 1 end,
           e.live, new.closed_at, new.closed_at
    from dc09_event e where e.incident = new.id and e.code in (100, 110, 120) and e.qualifier = 1
    on conflict do nothing;
    perform pg_notify('campus_handover', '');
    return null;
end $$;
