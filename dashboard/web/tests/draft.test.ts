import assert from 'node:assert/strict'
import { test } from 'node:test'
import { conditionsOf, draftOf, hasPlace, newDraft, newStep, nextDelay, ruleOf } from '../src/sections/policies/draft'

test('a rule that is only looked at comes out as it went in', () => {
  const rule = {
    mode: 'live' as const,
    name: 'nights',
    district: null,
    school: 'S1',
    category: null,
    kind: 'fire' as const,
    school_kind: null,
    hours: { starts: '22:00:00', ends: '06:00:00', weekdays: [1, 5] },
    definition: {
      steps: [{ after_seconds: 0, targets: ['police', 'district'], channels: ['sms'], outputs: ['siren'], output_seconds: 90 }],
      repeat_after_seconds: null,
      acknowledgement_seconds: 120,
      takers_needed: 2,
      without_police: false,
    },
  }
  const hours = { ...rule.hours, starts: '22:00', ends: '06:00' }
  assert.deepEqual(ruleOf(draftOf(rule)), { ...rule, hours })
})

test('what belongs to another place or is not ticked is not sent', () => {
  const draft = { ...newDraft(), school: 'S1', district: 'D1', schoolKind: 'primary' as const, said: 'category:fire' }
  assert.deepEqual([ruleOf(draft).school, ruleOf(draft).district, ruleOf(draft).hours], [null, null, null])
  assert.deepEqual([conditionsOf(draft).category, conditionsOf(draft).kind], ['fire', null])
  assert.equal(conditionsOf({ ...draft, scope: 'school' }).school_kind, null)
  assert.equal(ruleOf({ ...draft, repeats: false }).definition.repeat_after_seconds, null)
  const quiet = { ...draft, steps: [{ ...newStep(0, { targets: ['police'] }), outputSeconds: 90 }] }
  assert.equal(ruleOf(quiet).definition.steps[0]?.output_seconds, null)
})

test('a place that is not chosen yet is missed', () => {
  assert.ok(hasPlace(newDraft()))
  assert.ok(!hasPlace({ ...newDraft(), scope: 'school' }))
  assert.ok(hasPlace({ ...newDraft(), scope: 'district', district: 'D1' }))
})

test('a new step comes as long after the last one as that came after the one before, at least half a minute', () => {
  assert.equal(nextDelay([]), 0)
  assert.equal(nextDelay([newStep(0)]), 30)
  assert.equal(nextDelay([newStep(0), newStep(20)]), 50)
  assert.equal(nextDelay([newStep(0), newStep(90)]), 180)
})
