import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countBoard, queueIncidents } from '../src/lib/feed'
import { apply, at, boardOf, changed, incident, school, snapshot } from './city'

test('a snapshot replaces everything that was there', () => {
  const board = boardOf([school('S1'), school('S2')], [incident(1)])
  apply(board, snapshot([school('S3')], [], 'c9'))
  assert.deepEqual([...board.schools.keys()], ['S3'])
  assert.equal(board.incidents.size, 0)
  assert.equal(board.cursor, 'c9')
})

test('a stale board with the changes since equals a fresh one', () => {
  const stale = boardOf([school('S1'), school('S2')], [incident(1)])
  const taken = incident(1, { state: 'acknowledged', acknowledged_by: '王', acknowledged_at: at(9) })
  const second = incident(2, { school: 'S2', place: 'S2', mode: 'test' })
  apply(stale, changed(taken), changed(second), {
    type: 'change',
    cursor: 'c3',
    kind: 'school',
    item: school('S2', { online: 1, silent: 1 }),
  })
  const fresh = boardOf([school('S1'), school('S2', { online: 1, silent: 1 })], [taken, second])
  assert.deepEqual(stale.schools, fresh.schools)
  assert.deepEqual(stale.incidents, fresh.incidents)
  assert.equal(stale.cursor, 'c3')
})

test('how a school stands by its rules is what was said last', () => {
  const board = boardOf([school('S1')])
  const item = { school: 'S1', on: '2026-11-23', met: 1, not_met: 0, unknown: 8, declared: 0, not_applicable: 0 }
  const groups = { closed: 'unknown', alarm: 'unknown', guards: 'met', team: 'unknown', crossing: 'unknown' } as const
  const effects = apply(board, { type: 'change', cursor: 'c2', kind: 'compliance', item: { ...item, ...groups } })
  assert.deepEqual([...effects.compliance], ['S1'])
  apply(board, { type: 'change', cursor: 'c3', kind: 'compliance', item: { ...item, ...groups, met: 0, not_met: 1 } })
  assert.equal(board.compliance.get('S1')?.not_met, 1)
  apply(board, snapshot([school('S1')], [], 'c9'))
  assert.equal(board.compliance.size, 0)
})

test('a closed incident leaves the board and its school is calm again', () => {
  const board = boardOf([school('S1')], [incident(1)])
  assert.equal(board.schools.get('S1')?.standing, 'open')
  const effects = apply(board, changed(incident(1, { state: 'closed', cause: 'accidental' })))
  assert.equal(board.incidents.size, 0)
  assert.equal(board.schools.get('S1')?.standing, 'quiet')
  assert.deepEqual(effects.news.map(({ kind }) => kind), ['closed'])
})

test('the same change twice is news once', () => {
  const board = boardOf([school('S1')])
  const effects = apply(board, changed(incident(1)), changed(incident(1)))
  assert.deepEqual(effects.news.map(({ kind }) => kind), ['opened'])
})

test('each further press, taking, going and running out is news', () => {
  const board = boardOf([school('S1')])
  const effects = apply(
    board,
    changed(incident(1)),
    changed(incident(1, { presses: 2 })),
    changed(incident(1, { presses: 2, state: 'acknowledged' })),
    changed(incident(1, { presses: 2, state: 'open', round: 2 })),
    changed(incident(1, { presses: 2, state: 'responding' })),
    changed(incident(1, { presses: 3, state: 'responding' })),
  )
  assert.deepEqual(
    effects.news.map(({ kind }) => kind),
    ['opened', 'pressed', 'acknowledged', 'reopened', 'responding', 'pressed'],
  )
})

test('a snapshot after a gap tells what opened meanwhile, and nothing again', () => {
  const board = boardOf([school('S1'), school('S2')], [incident(1)])
  const effects = apply(board, snapshot([school('S1'), school('S2')], [incident(1), incident(2, { school: 'S2' })]))
  assert.deepEqual(effects.news.map(({ incident: { id } }) => id), [2])
})

test('an incident that is closed already is not taken from a snapshot', () => {
  const board = boardOf([school('S1')], [incident(1, { state: 'closed' })])
  assert.equal(board.incidents.size, 0)
})

test('an unplaced press that is given its school moves there', () => {
  const board = boardOf([school('S1'), school('S2')])
  apply(board, changed(incident(1, { school: null, place: 'X', school_name: null })))
  assert.equal(countBoard(board).open, 1)
  assert.equal(board.schools.get('S2')?.standing, 'quiet')
  apply(board, changed(incident(1, { school: 'S2', place: 'S2' })))
  assert.equal(board.schools.get('S2')?.standing, 'open')
})

test('a school shows the worst of its incidents, and a live one before any test or fault', () => {
  const board = boardOf([school('S1', { offline: 1 })], [incident(1, { mode: 'drill' })])
  assert.equal(board.schools.get('S1')?.standing, 'exercise')
  apply(board, changed(incident(2, { state: 'responding', category: 'fire', kind: 'fire' })))
  assert.equal(board.schools.get('S1')?.standing, 'responding')
  apply(board, changed(incident(3)))
  assert.equal(board.schools.get('S1')?.standing, 'open')
})

test('devices decide how a school without incidents stands', () => {
  const cases = [
    [{ offline: 1, silent: 1 }, 'offline'],
    [{ silent: 1, troubled: 1 }, 'silent'],
    [{ troubled: 1 }, 'troubled'],
    [{ online: 0, never: 2 }, 'never'],
    [{ online: 1, never: 1 }, 'quiet'],
  ] as const
  for (const [part, standing] of cases) assert.equal(boardOf([school('S1', part)]).schools.get('S1')?.standing, standing)
})

test('counts are of schools with live incidents, of tests, and of devices', () => {
  const board = boardOf(
    [school('S1'), school('S2', { silent: 3, troubled: 1 })],
    [
      incident(1),
      incident(2, { category: 'fire', kind: 'fire' }),
      incident(3, { mode: 'test' }),
      incident(4, { school: 'S2', place: 'S2', state: 'acknowledged' }),
    ],
  )
  const { open, acknowledged, responding, exercise, online, silent, troubled, schools } = countBoard(board)
  assert.deepEqual([open, acknowledged, responding, exercise], [1, 1, 0, 1])
  assert.deepEqual([online, silent, troubled, schools], [4, 3, 1, 2])
})

test('the gravest comes first and then the longest waiting, what is taken after it, tests apart', () => {
  const board = boardOf(
    [school('S1')],
    [
      incident(6, { kind: 'medical', opened_at: at(-90) }),
      incident(7, { kind: 'fire', opened_at: at(-80) }),
      incident(1, { state: 'acknowledged', opened_at: at(-100) }),
      incident(2, { opened_at: at(-10) }),
      incident(3, { opened_at: at(-20) }),
      incident(4, { mode: 'test', opened_at: at(-900) }),
      incident(5, { state: 'responding', opened_at: at(-500) }),
    ],
  )
  const queue = queueIncidents(board)
  assert.deepEqual(queue.live.map(({ id }) => id), [3, 2, 7, 6, 1, 5])
  assert.deepEqual(queue.exercise.map(({ id }) => id), [4])
})

test('a tick carries the cursor and what of the service works', () => {
  const board = boardOf([school('S1')])
  apply(board, { type: 'tick', cursor: 'c7', at: at(1), service: { presses: false, engine: true } })
  assert.equal(board.cursor, 'c7')
  assert.equal(board.service.presses, false)
})

test('what is shown stays until the snapshot of a resync is there', () => {
  const board = boardOf([school('S1')], [incident(1)])
  apply(board, { type: 'resync' })
  assert.equal(board.incidents.size, 1)
})
