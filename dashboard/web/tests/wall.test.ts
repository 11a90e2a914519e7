import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sumDistricts, takeTurns } from '../src/lib/wall'
import { boardOf, school } from './city'

test('a district is one line: what nobody knows of its schools is unknown, and what does not concern them is left out', () => {
  const board = boardOf([school('S1', { online: 2, silent: 1 }), school('S2', { online: 1, never: 3 }), school('S3')])
  const item = (code: string, closed: 'met' | 'not_met' | 'not_applicable') =>
    board.compliance.set(code, { school: code, on: '2026-09-01', met: 1, not_met: 0, unknown: 0, declared: 0, not_applicable: 0, closed, alarm: 'met', guards: 'met', team: 'met', crossing: 'met' })
  item('S1', 'met')
  item('S2', 'not_applicable')
  const [line] = sumDistricts(board)
  assert.equal(line!.schools, 3)
  assert.deepEqual([line!.online, line!.away], [board.schools.get('S3')!.item.online + 3, 4 + board.schools.get('S3')!.item.never])
  assert.deepEqual(line!.closed, { met: 1, notMet: 0, unknown: 1 })
  assert.deepEqual(line!.alarm, { met: 2, notMet: 0, unknown: 1 })
  assert.equal(sumDistricts(boardOf([])).length, 0)
})

test('things take turns by the clock that all walls share', () => {
  assert.deepEqual([0, 9_999, 10_000, 29_999, 30_000].map((now) => takeTurns(3, now, 10_000)), [0, 0, 1, 2, 0])
  assert.equal(takeTurns(0, 12_345, 10_000), 0)
})
