import assert from 'node:assert/strict'
import { test } from 'node:test'
import { change, pauseAfter, progressOf, readKept, type KeptPress } from '../src/softalarm/presses'

const press: KeptPress = {
  id: 'soft-1',
  account: 'men',
  kind: 'panic',
  mode: 'live',
  at: '2026-11-27T07:00:00Z',
  incident: null,
  shown: false,
  refused: null,
}

test('a press is received by the word of the service alone, whatever the board shows', () => {
  assert.equal(progressOf(press, { state: 'open' }, true), 'unsent')
  assert.equal(progressOf({ ...press, refused: 'not-allowed' }, undefined, true), 'refused')
  assert.equal(progressOf({ ...press, incident: 7 }, undefined, true), 'received')
})

test('an answered press follows its incident, and what was on the whole board and is gone is closed', () => {
  const answered = { ...press, incident: 7, shown: true }
  const told = (['open', 'acknowledged', 'responding', 'closed'] as const).map((state) => progressOf(answered, { state }, true))
  assert.deepEqual(told, ['received', 'seen', 'coming', 'closed'])
  assert.equal(progressOf(answered, undefined, true), 'closed')
  assert.equal(progressOf(answered, undefined, false), 'received')
})

test('attempts come fast first and never rest longer than a quarter of a minute', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 90].map(pauseAfter), [1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
})

test('what the browser kept is read, and what is not ours is passed over', () => {
  assert.deepEqual(readKept(JSON.stringify([press, null, { id: 5 }])), [press])
  for (const text of [null, 'not json', '{}']) assert.deepEqual(readKept(text), [])
  assert.deepEqual(change([press, { ...press, id: 'soft-2' }], 'soft-1', { incident: 3 }).map((one) => one.incident), [3, null])
})
