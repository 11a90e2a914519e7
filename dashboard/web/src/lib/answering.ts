/** How long people took, or are taking, to answer, and how bad that is. */

import type { Incident } from './contract'

// EN 50518: an operator takes a hold-up or panic alarm within 30 s in 80 % of cases, within 60 s in 98.5 %.
export const SOON_SECONDS = 30
export const LATE_SECONDS = 60
/** Telling people takes a moment: only after this is "told, but reached nobody" a failure. */
export const REACH_SECONDS = 10
/** The engine claims what is due once a second: only after this is a step overdue. */
export const OVERDUE_SECONDS = 5

export type Grade = 'fresh' | 'slow' | 'late'

export function gradeAnswer(seconds: number): Grade {
  if (seconds >= LATE_SECONDS) return 'late'
  return seconds >= SOON_SECONDS ? 'slow' : 'fresh'
}

/** Seconds from the opening until somebody took it, or until `now` (ms) while nobody has. */
export function answerSeconds(incident: Incident, now: number): number {
  const until = incident.state === 'open' || !incident.acknowledged_at ? now : Date.parse(incident.acknowledged_at)
  return Math.max(0, Math.floor((until - Date.parse(incident.opened_at)) / 1000))
}

/** `unreached`: somebody was reached before, but nobody by the newest step. */
export type Reach = 'told-nobody' | 'telling' | 'reached-nobody' | 'unreached' | 'reached'

export function judgeReach(incident: Incident, now: number): Reach {
  if (incident.told === 0) return 'told-nobody'
  if (incident.unreached_at !== null) return incident.reached > 0 ? 'unreached' : 'reached-nobody'
  if (incident.reached > 0) return 'reached'
  return now - Date.parse(incident.opened_at) < REACH_SECONDS * 1000 ? 'telling' : 'reached-nobody'
}

/** Since when (ms) a live incident that nobody has taken reaches nobody; null while it reaches somebody or may yet. */
export function unreachedSince(incident: Incident, now: number): number | null {
  if (incident.mode !== 'live' || incident.state !== 'open') return null
  const reach = judgeReach(incident, now)
  if (reach === 'reached' || reach === 'telling') return null
  return Date.parse(incident.unreached_at ?? incident.opened_at)
}

/** Seconds until `next_at`; negative when it is overdue; null when nothing is due. */
export function nextSeconds(incident: Incident, now: number): number | null {
  return incident.next_at === null ? null : Math.ceil((Date.parse(incident.next_at) - now) / 1000)
}
