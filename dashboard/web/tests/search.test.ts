import assert from 'node:assert/strict'
import { test } from 'node:test'
import { convexHull, drawOutline, type Place } from '../src/lib/outline'
import { findSchools, NOTHING_SOUGHT, orderSchools, readSearch, writeSearch, type Search } from '../src/lib/search'
import { boardOf, incident, school } from './city'

const board = boardOf(
  [
    school('S1', { name: '市南实验小学', district: 'shinan' }),
    school('S2', { name: '北海幼儿园', district: 'shibei', kind: 'kindergarten', silent: 1 }),
    school('S3', { name: '安庆路小学', district: 'shinan', never: 1 }),
    school('S4', { name: '滨海中学', district: 'shibei', kind: 'junior' }),
  ],
  [incident(1, { school: 'S4', place: 'S4' }), incident(2, { school: 'S3', place: 'S3', mode: 'test' })],
)
const order = orderSchools(board.schools.values(), board.districts, new Intl.Collator('zh-CN'))
const find = (part: Partial<Search>) =>
  findSchools(board.schools, order, { ...NOTHING_SOUGHT, ...part }).map(({ item }) => item.code)

test('schools stand by district and then by name', () => {
  assert.deepEqual(order, ['S3', 'S1', 'S2', 'S4'])
})

test('a school with a live incident comes first, one with a test stays where it is', () => {
  assert.deepEqual(find({}), ['S4', 'S3', 'S1', 'S2'])
})

test('schools are found by part of their name or code, in either case', () => {
  assert.deepEqual(find({ text: ' 小学 ' }), ['S3', 'S1'])
  assert.deepEqual(find({ text: 's2' }), ['S2'])
})

test('filters narrow each other', () => {
  assert.deepEqual(find({ district: 'shibei' }), ['S4', 'S2'])
  assert.deepEqual(find({ district: 'shibei', kind: 'kindergarten' }), ['S2'])
  assert.deepEqual(find({ district: 'shinan', kind: 'kindergarten' }), [])
})

test('states are found by incident and by device', () => {
  assert.deepEqual(find({ wanted: 'incidents' }), ['S4', 'S3'])
  assert.deepEqual(find({ wanted: 'open' }), ['S4'])
  assert.deepEqual(find({ wanted: 'exercise' }), ['S3'])
  assert.deepEqual(find({ wanted: 'faults' }), ['S2'])
  assert.deepEqual(find({ wanted: 'never' }), ['S3'])
})

test('the hull of a square with points inside is the square', () => {
  const square: Place[] = [[0, 0], [4, 0], [4, 4], [0, 4], [2, 2], [1, 3]]
  assert.equal(convexHull(square).length, 4)
})

test('an outline is dug in where a long edge has points close to it', () => {
  const horseshoe: Place[] = []
  for (let step = 0; step <= 20; step += 1) horseshoe.push([0, step], [20, step], [step, 0])
  for (let step = 0; step <= 20; step += 1) horseshoe.push([step, step < 10 ? 20 - step / 2 : 10 + step / 2])
  const hull = convexHull(horseshoe)
  assert.ok(drawOutline(horseshoe).length > hull.length)
})

test('an outline of few or equal points does not fail', () => {
  assert.deepEqual(drawOutline([]), [])
  assert.deepEqual(drawOutline([[1, 1]]), [[1, 1]])
  assert.ok(drawOutline([[1, 1], [1, 1], [1, 1], [1, 1]]).length <= 4)
})

test('what is sought goes into an address and comes back, and an address that says nonsense seeks nothing', () => {
  const sought: Search = { text: '第一 & "小学"?#', district: '370202', kind: 'primary', wanted: 'silent' }
  assert.deepEqual(readSearch(writeSearch(sought)), sought)
  assert.equal(writeSearch(NOTHING_SOUGHT), '')
  assert.deepEqual(readSearch('?kind=castle&wanted=gold&other=1'), NOTHING_SOUGHT)
  assert.deepEqual(readSearch(''), NOTHING_SOUGHT)
})
