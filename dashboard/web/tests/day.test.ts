import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DayItem, DayStrip, Mark } from '../src/lib/contract'
import { hoursOf, layOut, percentOf, step } from '../src/sections/compliance/day'

const ENDS = { starts_at: '2026-11-22T16:00:00Z', ends_at: '2026-11-23T16:00:00Z' }
const at = (hours: number) => new Date(Date.parse(ENDS.starts_at) + hours * 3_600_000).toISOString()

const item = (mark: Mark, since: number, until: number | null, subject = ''): DayItem => ({
  mark,
  since: at(since),
  until: until === null ? null : at(until),
  subject,
  who: '',
  goes_on: false,
  late: false,
  doubts: [],
  times: 1,
  references: [],
  rule: null,
  reasons: [],
  position: null,
})
const strip = (...items: DayItem[]): DayStrip => ({ lane: 'gate', subject: 'G', items })

test('items stand where they were in the day, and a moment is wide enough to be hit', () => {
  const [row] = layOut([strip(item('visit', 6, 12), item('visit', 18, null))], ENDS)
  assert.deepEqual(row?.placed.map(({ left }) => left), [25, 75])
  assert.equal(row?.placed[0]?.width, 25)
  assert.ok((row?.placed[1]?.width ?? 0) >= 2.5)
  assert.ok((row?.placed[1]?.drawn ?? 100) < 50, 'it is drawn as short as it was')
})

test('what is at one time stands in rows below each other, and a row is used again when it is free', () => {
  const [row] = layOut([strip(item('visit', 6, 9, 'a'), item('visit', 8, 10, 'b'), item('visit', 9, 11, 'c'))], ENDS)
  assert.equal(row?.rows, 2)
  assert.deepEqual(row?.placed.map((one) => one.row), [0, 1, 0])
})

test('how a gate stands takes no row from what happens at it', () => {
  const [row] = layOut([strip(item('shut', 0, 7), item('open', 7, 7.01), item('shut', 7.01, 24))], ENDS)
  assert.equal(row?.rows, 1)
})

test('nothing stands beyond the day', () => {
  const [row] = layOut([strip(item('breach', -30, 40), item('visit', 24, null))], ENDS)
  assert.deepEqual([row?.placed[0]?.left, row?.placed[0]?.width], [0, 100])
  const last = row?.placed[1]
  assert.ok(last && last.left + last.width <= 100 && last.from + last.drawn <= 100.001)
  assert.equal(percentOf(Date.parse(at(99)), ENDS), 100)
})

test('a day on which clocks go back has as many hours as passed', () => {
  assert.equal(hoursOf(ENDS).length, 8)
  assert.equal(hoursOf({ ...ENDS, ends_at: at(25) }).length, 9)
})

test('an empty row has nothing to step to, and the ends of a row are its ends', () => {
  assert.equal(step('ArrowRight', 0, 0), null)
  assert.deepEqual(['ArrowLeft', 'ArrowRight', 'End', 'Home', 'x'].map((key) => step(key, 0, 3)), [0, 1, 2, 0, null])
  assert.equal(step('ArrowRight', 2, 3), 2)
})
