import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DutyItem, HoleItem } from '../src/lib/contract'
import { draftOf, isWhole, newShift, rosterOf } from '../src/sections/rosters/draft'
import { addDays, layOut, midnightOf } from '../src/sections/rosters/week'

const ZONE = 'Asia/Shanghai'
const MONDAY = Date.parse('2026-11-23T00:00:00+08:00')

function duty(person: string, starts: string, ends: string): DutyItem {
  const whose = { person, person_name: person, shift: 'x', source: 'rotation' as const }
  return { ...whose, starts_at: starts, ends_at: ends, instead_of: null, instead_of_name: null, assumed: false }
}

test('a day begins at midnight of the place, also where clocks change', () => {
  assert.equal(midnightOf(Date.parse('2026-11-23T23:30:00+08:00'), ZONE), MONDAY)
  assert.equal(addDays(MONDAY, 7, ZONE), Date.parse('2026-11-30T00:00:00+08:00'))
  const before = Date.parse('2026-10-25T00:00:00+02:00') // 25 hours long in Berlin
  assert.equal(addDays(before, 1, 'Europe/Berlin'), Date.parse('2026-10-26T00:00:00+01:00'))
})

test('a night shift is cut at midnight and stands in both days', () => {
  const [first, second] = layOut(MONDAY, 2, ZONE, [duty('a', '2026-11-23T20:00:00+08:00', '2026-11-24T08:00:00+08:00')], [])
  assert.deepEqual(first!.bars.map(({ left, width }) => [left.toFixed(2), width.toFixed(2)]), [['83.33', '16.67']])
  assert.deepEqual(second!.bars.map(({ left, width }) => [left.toFixed(2), width.toFixed(2)]), [['0.00', '33.33']])
})

test('people who are there together stand in lanes, who follows takes the free one', () => {
  const [day] = layOut(
    MONDAY,
    1,
    ZONE,
    [
      duty('a', '2026-11-23T08:00:00+08:00', '2026-11-23T12:00:00+08:00'),
      duty('b', '2026-11-23T10:00:00+08:00', '2026-11-23T16:00:00+08:00'),
      duty('c', '2026-11-23T12:00:00+08:00', '2026-11-23T18:00:00+08:00'),
    ],
    [],
  )
  assert.deepEqual(day!.bars.map((bar) => [bar.duty?.person, bar.lane]), [['a', 0], ['b', 1], ['c', 0]])
  assert.equal(day!.lanes, 2)
})

test('a hole is a bar of its own', () => {
  const hole = { starts_at: '2026-11-23T00:00:00+08:00', ends_at: '2026-11-24T00:00:00+08:00', empty: true } as HoleItem
  const [day] = layOut(MONDAY, 1, ZONE, [], [hole])
  assert.deepEqual(day!.bars.map(({ hole: one, width }) => [one?.empty, width]), [[true, 100]])
})

test('a roster comes back from the form as it went in', () => {
  const roster = rosterOf({ shifts: [newShift('night', '2026-11-23', 1)], handover: 15, aroundTheClock: true })
  assert.deepEqual(roster.shifts[0], {
    name: 'night', starts: '20:00', ends: '08:00', since: '2026-11-23', turn_days: 1, weekdays: [1, 2, 3, 4, 5, 6, 7], days: 'any', turns: [[]],
  })
  assert.deepEqual(rosterOf(draftOf(roster)), roster)
  assert.ok(isWhole(draftOf(roster)))
  assert.ok(!isWhole({ ...draftOf(roster), shifts: [{ ...newShift(' ', '2026-11-23', 0) }] }))
})
