import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerSeconds, gradeAnswer, judgeReach, nextSeconds, unreachedSince } from '../src/lib/answering'
import { knownZone, readLocal, writeClock, writeInstant, writeLocal, writeOffset, writeSpan } from '../src/lib/format'
import { ServerTime } from '../src/lib/servertime'
import { pauseBefore, Watch } from '../src/lib/watch'
import { at, incident, T0 } from './city'

test('server time is unknown before the first tick', () => {
  assert.equal(new ServerTime().now(5), null)
})

test('server time follows the tick that was least delayed', () => {
  const time = new ServerTime()
  time.hear(T0, 1_000)
  time.hear(T0 + 1_000, 1_950)
  assert.equal(time.now(2_000), T0 + 1_050)
  time.hear(T0 + 2_000, 3_400)
  assert.ok(time.now(3_400)! > T0 + 2_350)
})

test('server time follows a clock that was set', () => {
  const time = new ServerTime()
  time.hear(T0, 1_000)
  time.hear(T0 - 3_600_000, 2_000)
  assert.equal(time.now(2_000), T0 - 3_600_000)
})

test('the answer clock runs until somebody takes it and then stands', () => {
  assert.equal(answerSeconds(incident(1), T0 + 12_900), 12)
  const taken = incident(1, { state: 'acknowledged', acknowledged_at: at(23) })
  assert.equal(answerSeconds(taken, T0 + 600_000), 23)
  const reopened = incident(1, { state: 'open', acknowledged_at: null, round: 2 })
  assert.equal(answerSeconds(reopened, T0 + 400_000), 400)
  assert.equal(answerSeconds(incident(1), T0 - 5_000), 0)
})

test('grades change at 30 and at 60 seconds', () => {
  assert.deepEqual([29, 30, 59, 60].map(gradeAnswer), ['fresh', 'slow', 'slow', 'late'])
})

test('nobody told is bad at once, nobody reached after ten seconds', () => {
  assert.equal(judgeReach(incident(1, { told: 0, reached: 0 }), T0), 'told-nobody')
  assert.equal(judgeReach(incident(1, { reached: 0 }), T0 + 9_000), 'telling')
  assert.equal(judgeReach(incident(1, { reached: 0 }), T0 + 10_000), 'reached-nobody')
  assert.equal(judgeReach(incident(1), T0 + 90_000), 'reached')
})

test('the countdown is negative when a step is overdue, and nothing when none is due', () => {
  assert.equal(nextSeconds(incident(1), T0 + 29_500), 1)
  assert.equal(nextSeconds(incident(1), T0 + 37_000), -7)
  assert.equal(nextSeconds(incident(1, { next_at: null }), T0), null)
})

test('a watch is stale four seconds after the last sign of life and dead soon after', () => {
  const watch = new Watch(0)
  assert.equal(watch.judge(500), 'connecting')
  watch.heard(1_000)
  assert.equal(watch.judge(4_999), 'live')
  assert.equal(watch.judge(5_000), 'stale')
  assert.equal(watch.isDead(7_000), false)
  assert.equal(watch.isDead(7_501), true)
})

test('a broken connection is lost at once, and until the next sign of life', () => {
  const watch = new Watch(0)
  watch.heard(1_000)
  watch.broke()
  assert.equal(watch.judge(1_001), 'lost')
  watch.opening(2_000)
  assert.equal(watch.judge(2_001), 'lost')
  watch.heard(2_500)
  assert.equal(watch.judge(2_600), 'live')
})

test('a board that never connected says so within five seconds', () => {
  assert.equal(new Watch(0).judge(4_000), 'lost')
})

test('attempts come quickly at first, then every few seconds, spread by chance', () => {
  assert.ok(pauseBefore(1, 1) <= 450)
  assert.ok(pauseBefore(50, 1) <= 7_500)
  assert.notEqual(pauseBefore(3, 0), pauseBefore(3, 1))
})

test('clocks are written with hours only when there are any', () => {
  assert.deepEqual([0, 83, 3_725].map(writeClock), ['00:00', '01:23', '1:02:05'])
})

test('an instant is written in the zone of its school, with its date on another day', () => {
  const now = Date.parse('2026-03-02T02:00:00Z')
  assert.equal(writeInstant(T0, now, 'Asia/Shanghai', 'zh-CN'), '09:00:00')
  assert.equal(writeInstant(T0 - 86_400_000, now, 'Asia/Shanghai', 'zh-CN'), '03-01 09:00:00')
  assert.equal(writeInstant(T0 - 366 * 86_400_000, now, 'Asia/Shanghai', 'zh-CN'), '2025-03-01 09:00:00')
  assert.equal(writeInstant(T0, now, 'Asia/Urumqi', 'zh-CN'), '07:00:00')
})

test('midnight is 00, not 24', () => {
  assert.equal(writeInstant(Date.parse('2026-03-01T16:00:05Z'), T0, 'Asia/Shanghai', 'en-GB'), '00:00:05')
})

test('a zone that nobody knows becomes the city’s', () => {
  assert.equal(knownZone('Mars/Olympus'), 'Asia/Shanghai')
  assert.equal(knownZone(null), 'Asia/Shanghai')
  assert.equal(knownZone('Asia/Urumqi'), 'Asia/Urumqi')
  assert.equal(writeOffset(T0, 'Asia/Shanghai'), 'UTC+8')
  assert.equal(writeOffset(T0, 'Asia/Kolkata'), 'UTC+5:30')
  assert.equal(writeOffset(T0, 'America/New_York'), 'UTC-5')
})

test('a local time is read by the clock of its zone, also on the day on which that changes', () => {
  assert.equal(readLocal('2026-11-24T14:00', 'Asia/Shanghai'), Date.parse('2026-11-24T06:00:00Z'))
  assert.equal(readLocal('2026-03-29T01:59', 'Europe/Berlin'), Date.parse('2026-03-29T00:59:00Z'))
  assert.equal(readLocal('2026-03-29T03:00', 'Europe/Berlin'), Date.parse('2026-03-29T01:00:00Z'))
  assert.equal(readLocal('', 'Asia/Shanghai'), null)
  assert.equal(writeLocal(Date.parse('2026-11-24T06:00:00Z'), 'Asia/Shanghai'), '2026-11-24T14:00')
})

test('a span names the day of its end only when that is another one', () => {
  const at = (text: string) => Date.parse(text)
  const write = (to: string) => writeSpan(at('2026-11-24T06:00:00Z'), at(to), 'Asia/Shanghai', 'en-GB')
  assert.match(write('2026-11-24T08:00:00Z'), /14:00 – 16:00$/)
  assert.match(write('2026-11-24T23:30:00Z'), /14:00 – Wed.* 07:30$/)
})

test('an alarm that reaches nobody is told of when its newest step did not, and while it is live and open', () => {
  const now = T0 + 30_000
  const since = (part: Partial<ReturnType<typeof incident>>) => unreachedSince(incident(1, part), now)
  assert.equal(since({}), null)
  assert.equal(since({ unreached_at: at(12) }), T0 + 12_000)
  assert.equal(since({ told: 0, reached: 0 }), T0)
  assert.equal(since({ unreached_at: at(12), mode: 'drill' }), null)
  assert.equal(since({ unreached_at: at(12), state: 'acknowledged' }), null)
  assert.equal(judgeReach(incident(1, { unreached_at: at(12) }), now), 'unreached')
})
