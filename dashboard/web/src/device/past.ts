/** A device's past as shares and strips. Pure: no page, no clock. */

import type { BatteryPoint, Stretch } from '../lib/contract'

export type Mark = 'online' | 'troubled' | 'silent' | 'offline' | 'never' | 'deaf'

/** What a stretch looks like: nobody listening counts before what the device was thought to be. */
export function markOf(stretch: Stretch): Mark {
  if (!stretch.heard) return 'deaf'
  if (stretch.link === 'online') return stretch.troubles.length > 0 ? 'troubled' : 'online'
  return stretch.link
}

export const lengthOf = (stretch: Stretch): number => Date.parse(stretch.until) - Date.parse(stretch.since)

/** How long stretches of some kinds lasted together, in milliseconds. */
export function sum(stretches: readonly Stretch[], ...marks: Mark[]): number {
  return stretches.filter((one) => marks.includes(markOf(one))).reduce((all, one) => all + lengthOf(one), 0)
}

/** Which share of the time in which somebody listened the device was online, in percent; null when nobody did. */
export function shareOnline(stretches: readonly Stretch[]): number | null {
  const online = sum(stretches, 'online', 'troubled')
  const heard = online + sum(stretches, 'silent', 'offline', 'never')
  return heard > 0 ? (100 * online) / heard : null
}

/** To a tenth, and never 100 while a second is missing. */
export function writePercent(share: number): string {
  return share === 100 ? '100' : (Math.floor(share * 10) / 10).toFixed(1)
}

export interface Step {
  at: number
  percent: number
}

/** A battery as steps over a span: what it was before the span at its beginning, and what it is now at its end. */
export function takeSteps(points: readonly BatteryPoint[], now: number | null, since: number, until: number): Step[] {
  const steps = points.map(({ at, percent }) => ({ at: Math.max(since, Date.parse(at)), percent }))
  return now === null ? steps : [...steps, { at: until, percent: now }]
}

/** The line of the steps in a box: a value holds until the next one is known. */
export function drawSteps(steps: readonly Step[], since: number, until: number, width: number, height: number): string {
  const x = (at: number) => (((at - since) / (until - since)) * width).toFixed(1)
  const y = (percent: number) => (height - (percent / 100) * height).toFixed(1)
  return steps.map(({ at, percent }, index) => (index === 0 ? `M${x(at)} ${y(percent)}` : `H${x(at)}V${y(percent)}`)).join('')
}
