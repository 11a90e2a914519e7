/** Days as `2026-11-23`, by the clock of the city. Pure. */

import { CITY_ZONE, writeLocal } from '../../lib/format'

const SOON_DAYS = 30
const DAY_MS = 86_400_000

export const dayOf = (at: number): string => writeLocal(at, CITY_ZONE).slice(0, 10)

/** Whether a last day has passed. */
export const hasEnded = (on: string, now: number): boolean => on < dayOf(now)

/** Whether a last day comes within thirty days, or has passed. */
export const endsSoon = (on: string, now: number): boolean => on <= dayOf(now + SOON_DAYS * DAY_MS)
