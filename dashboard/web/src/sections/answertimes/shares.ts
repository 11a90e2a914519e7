/** What answer times are measured by, and how they are written. */

import type { AnswerTimes, By } from '../../lib/contract'
import { nameDistrict } from '../../lib/i18n'
import type { Desk } from '../../lib/desk.svelte'
import { writeDay } from '../../lib/format'
import { prefs } from '../../lib/prefs.svelte'
import { say } from './words'

/** EN 50518: 80 % within 30 s, 98.5 % within 60 s. */
export const MEASURES = [
  { within: 30, share: 'share_within_30', asked: 0.8, label: 'within-30', threshold: 'threshold-30' },
  { within: 60, share: 'share_within_60', asked: 0.985, label: 'within-60', threshold: 'threshold-60' },
] as const

export type Measure = (typeof MEASURES)[number]

export const meets = (times: AnswerTimes, measure: Measure): boolean | null => {
  const share = times[measure.share]
  return share === null ? null : share >= measure.asked
}

/** `97.3 %`, cut and not rounded: 98.46 % is not 98.5 %. */
export function writeShare(share: number | null): string {
  return share === null ? say('none') : `${(Math.floor(share * 1000 + 1e-9) / 10).toFixed(1)} %`
}

/** A percentile; null where nobody took the incident that it falls on. */
export function writeSeconds(seconds: number | null, incidents: number): string {
  if (seconds === null) return say(incidents === 0 ? 'none' : 'never')
  return say('seconds', { n: seconds < 100 ? seconds.toFixed(1) : Math.round(seconds) })
}

export function nameGroup(times: AnswerTimes, by: By, desk: Desk): string {
  if (by === 'district') return nameDistrict(desk.districts.get(times.key), times.name || times.key)
  if (by === 'hour') return say('hour', { from: times.key, to: times.key })
  // A day is a day of the school's clock, not an instant: noon UTC falls on it in every zone of the country.
  if (by === 'day') return writeDay(Date.parse(`${times.key}T12:00:00Z`), 'UTC', prefs.locale)
  return times.name || times.key
}
