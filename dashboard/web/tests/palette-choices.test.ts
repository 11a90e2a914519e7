import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findChoices, type Choice } from '../src/lib/palette'

const choice = (name: string, hint = ''): Choice => ({ key: `${name} ${hint}`, name, hint, run: () => undefined })

test('every word must be found, in the name or beside it, and what begins so comes first', () => {
  const choices = [choice('青岛第一实验小学', '市南区 · S1'), choice('实验初中', '市北区 · S2'), choice('Wall screen', 'Page')]
  const names = (words: string) => findChoices(choices, words).map(({ name }) => name)
  assert.deepEqual(names('实验'), ['实验初中', '青岛第一实验小学'])
  assert.deepEqual(names('实验 市南'), ['青岛第一实验小学'])
  assert.deepEqual(names('wall PAGE'), ['Wall screen'])
  assert.deepEqual(names(' s2 '), ['实验初中'])
  assert.deepEqual(names('nothing'), [])
  assert.equal(names('').length, 3)
})

test('never more than can be looked through', () => {
  assert.equal(findChoices(Array.from({ length: 3_488 }, (_, n) => choice(`学校${n}`)), '学校').length, 12)
})
