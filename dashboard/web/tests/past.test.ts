import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Stretch } from '../src/lib/contract'
import { drawSteps, shareOnline, sum, takeSteps, writePercent } from '../src/device/past'

const at = (hours: number) => new Date(hours * 3_600_000).toISOString()
const stretch = (since: number, until: number, link: Stretch['link'], more: Partial<Stretch> = {}): Stretch => ({
  since: at(since),
  until: at(until),
  link,
  troubles: [],
  heard: true,
  ...more,
})

test('the share counts the time in which somebody listened, and trouble is online', () => {
  const stretches = [
    stretch(0, 6, 'online'),
    stretch(6, 8, 'online', { troubles: ['tamper'] }),
    stretch(8, 10, 'silent'),
    stretch(10, 100, 'silent', { heard: false }),
  ]
  assert.equal(shareOnline(stretches), 80)
  assert.equal(sum(stretches, 'deaf'), 90 * 3_600_000)
  assert.equal(shareOnline([stretch(0, 1, 'online', { heard: false })]), null)
})

test('a share is never rounded up to a hundred', () => {
  assert.deepEqual([100, 99.99, 0].map(writePercent), ['100', '99.9', '0.0'])
})

test('a battery begins with what it was before and ends with what it is', () => {
  const steps = takeSteps([{ at: at(-50), percent: 80 }, { at: at(5), percent: 60 }], 40, 0, 10 * 3_600_000)
  assert.equal(drawSteps(steps, 0, 10 * 3_600_000, 100, 100), 'M0.0 20.0H50.0V40.0H100.0V60.0')
  assert.deepEqual(takeSteps([], null, 0, 1), [])
})
