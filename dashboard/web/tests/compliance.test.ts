import assert from 'node:assert/strict'
import { test } from 'node:test'
import { countAsked, countUnknown, filterLines, readLetter, shareMet } from '../src/sections/compliance/verdicts'
import { boardOf, school } from './city'

const NOTHING = { text: '', district: '', kind: '', rule: '', verdict: '' }
const schools = boardOf([school('S1'), school('S2', { district: 'shibei' }), school('S3', { kind: 'junior' })]).schools
const matrix = { on: '2026-11-23', at: null, closed: false, rules: ['C1', 'C2'], schools: ['S1', 'S2', 'S3'], verdicts: ['mn', 'un', '-d'] }
const find = (filter: Partial<typeof NOTHING>) =>
  filterLines(matrix, ['S3', 'S2', 'S1'], schools, { ...NOTHING, ...filter }).map(({ code }) => code)

test('only all of N is 100 percent, and what is unknown or declared is never met', () => {
  const count = { met: 999, not_met: 0, unknown: 0, declared: 1, not_applicable: 7 }
  assert.equal(countAsked(count), 1000)
  assert.equal(countUnknown(count), 1)
  assert.equal(shareMet(count), 99.9)
  assert.equal(shareMet({ ...count, met: 9999, declared: 1 }), 99.9)
  assert.equal(shareMet({ ...count, declared: 0 }), 100)
  assert.equal(shareMet({ met: 0, not_met: 0, unknown: 0, declared: 0, not_applicable: 3 }), null)
})

test('a letter that nobody knows is unknown', () => {
  assert.deepEqual([...'mnud-x'].map(readLetter), ['met', 'not_met', 'unknown', 'declared', 'not_applicable', 'unknown'])
  assert.equal(readLetter(undefined), 'unknown')
})

test('schools are found by place, kind, words, and by a verdict of any rule or of one', () => {
  assert.deepEqual(find({}), ['S3', 'S2', 'S1'])
  assert.deepEqual(find({ district: 'shibei' }), ['S2'])
  assert.deepEqual(find({ kind: 'junior' }), ['S3'])
  assert.deepEqual(find({ text: '校s1' }), ['S1'])
  assert.deepEqual(find({ verdict: 'not_met' }), ['S2', 'S1'])
  assert.deepEqual(find({ verdict: 'not_met', rule: 'C1' }), [])
  assert.deepEqual(find({ verdict: 'unknown', rule: 'C1' }), ['S2'])
})

test('a school that the board does not know, or the day did not judge, is no line', () => {
  assert.deepEqual(filterLines(matrix, ['S9', 'S1'], schools, NOTHING).map(({ letters }) => letters), ['mn'])
})
