import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlanDetail, PlanHead, Responsibility } from '../src/lib/contract'
import { draftOf, ended, lineOf, newDraft, newLine, planOf, swap } from '../src/sections/plans/draft'

const TODAY = '2026-11-26'
const LINE: Responsibility = {
  number: 2,
  phase: 'mutual_help',
  text: '关闭校门',
  text_en: 'Shut the gate',
  post: 'guard',
  person: null,
  deputy: 'duty',
  training: false,
  certificate: 'guard',
}
const HEAD: PlanHead = {
  code: 'P1',
  school: null,
  school_name: null,
  version: 3,
  name: '防侵入预案',
  name_en: '',
  kinds: ['panic'],
  valid_from: '2026-01-01',
  valid_until: null,
  sample: false,
  saved_by: 'wang',
  saved_at: '2026-01-01T00:00:00Z',
  in_force: 3,
  responsibilities: 1,
}

function detail(said: Partial<PlanHead> = {}): PlanDetail {
  const version = { ...HEAD, ...said }
  return { version, responsibilities: [LINE], versions: [version], names: { duty: '钱值班' } }
}

test('a next version says all that the one before it said, and holds from today', () => {
  const { valid_from, valid_until, replaces, responsibilities, name, kinds, school } = planOf(draftOf(detail(), TODAY), 3)
  assert.deepEqual({ valid_from, valid_until, replaces, name, kinds, school }, {
    valid_from: TODAY,
    valid_until: null,
    replaces: 3,
    name: '防侵入预案',
    kinds: ['panic'],
    school: null,
  })
  assert.deepEqual(responsibilities, [LINE])
})

test('a version that is still to begin keeps its first day', () => {
  assert.equal(draftOf(detail({ valid_from: '2027-01-01' }), TODAY).validFrom, '2027-01-01')
})

test('a new line follows the others', () => {
  const { lines } = draftOf(detail(), TODAY)
  const { number, phase, post, text } = newLine(lines)
  assert.deepEqual({ number, phase, post, text }, { number: 3, phase: 'mutual_help', post: 'guard', text: '' })
  assert.equal(newDraft(TODAY).lines[0]!.number, 1)
})

test('lines change places and the numbers stay', () => {
  const draft = draftOf(detail(), TODAY)
  const lines = [...draft.lines, { ...newLine(draft.lines), text: '报告' }]
  assert.deepEqual(swap(lines, 1, -1).map(({ number, text }) => [number, text]), [[2, '报告'], [3, '关闭校门']])
  assert.deepEqual(swap(lines, 0, -1), lines)
  assert.deepEqual(swap(lines, 1, 1), lines)
})

test('a plan that is taken out of force ended yesterday, also one that began today or is to begin', () => {
  for (const [from, sent] of [['2026-01-01', '2026-01-01'], [TODAY, '2026-11-25'], ['2027-01-01', '2026-11-25']]) {
    const { valid_from, valid_until, replaces } = ended(detail({ valid_from: from! }), '2026-11-25')
    assert.deepEqual({ valid_from, valid_until, replaces }, { valid_from: sent, valid_until: '2026-11-25', replaces: 3 })
  }
})

test('a number that is empty is sent as 0, for the service to refuse', () => {
  const draft = newDraft(TODAY)
  draft.lines[0]!.number = null
  assert.equal(planOf(draft, 0).responsibilities[0]!.number, 0)
})

test('a refusal leads to its line', () => {
  const { lines } = draftOf(detail(), TODAY)
  assert.equal(lineOf(lines, 'body.responsibilities.0.text'), lines[0])
  assert.equal(lineOf(lines, 'body.responsibilities'), undefined)
  assert.equal(lineOf(lines, 'body.name'), undefined)
})
