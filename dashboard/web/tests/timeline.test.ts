import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TimelineEntry } from '../src/lib/contract'
import { foldTimeline } from '../src/lib/timeline'
import { at } from './city'

const entry = (position: number, kind: string, actor = 'device:A'): TimelineEntry => ({
  position,
  at: at(position),
  actor,
  actor_name: actor,
  kind,
  detail: {},
})

test('the newest comes first', () => {
  const told = foldTimeline([entry(1, 'incident.opened', 'engine'), entry(2, 'incident.noted', 'person:w')])
  assert.deepEqual(told.map(({ entry: { position } }) => position), [2, 1])
})

test('presses of one button in a row are one line with their number and both ends', () => {
  const told = foldTimeline([1, 2, 3].map((position) => entry(position, 'press.received')))
  assert.deepEqual(told, [{ entry: entry(3, 'press.received'), since: at(1), times: 3 }])
})

test('presses of different buttons, or with something between them, stay apart', () => {
  const told = foldTimeline([
    entry(1, 'press.received'),
    entry(2, 'press.received', 'device:B'),
    entry(3, 'incident.noted', 'person:w'),
    entry(4, 'press.received', 'device:B'),
  ])
  assert.deepEqual(told.map(({ times }) => times), [1, 1, 1, 1])
})

test('what people did is never folded', () => {
  assert.equal(foldTimeline([entry(1, 'incident.noted', 'person:w'), entry(2, 'incident.noted', 'person:w')]).length, 2)
})
