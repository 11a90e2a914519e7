-- name: await_other_tests
-- Two gateways that take tests of one school at once would each see a first press only: batches with tests take turns.
select pg_advisory_xact_lock(hashtext('campus.presses.test'));

-- name: list_recent_tests
-- What was pressed as a test at these schools a moment ago, also what turned out to be real; by either clock.
select school, received_at, recorded_at from press
where school = any($1::text[]) and (mode = 'test' or problems @> array['second_press_in_test'])
    and (recorded_at >= $2 or received_at >= $3);
