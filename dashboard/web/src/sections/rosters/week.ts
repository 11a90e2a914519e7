/** A week of a post as rows of one day each, cut where days change on the post's own clock. Pure. */

import type { DutyItem, HoleItem } from '../../lib/contract'
import { readLocal, writeLocal } from '../../lib/format'

export const DAY_MS = 86_400_000

export interface Bar {
  /** Percent of the day. */
  left: number
  width: number
  /** Bars of one time stand in lanes below each other. */
  lane: number
  duty: DutyItem | null
  hole: HoleItem | null
}

export interface DayRow {
  on: string
  starts: number
  ends: number
  lanes: number
  bars: Bar[]
}

/** Midnight, by the clock of `zone`, of the day in which `at` is. */
export const midnightOf = (at: number, zone: string): number => readLocal(`${writeLocal(at, zone).slice(0, 10)}T00:00`, zone) ?? at

/** The midnight so many days later; days on which clocks change are shorter or longer. */
export const addDays = (midnight: number, days: number, zone: string): number =>
  midnightOf(midnight + days * DAY_MS + DAY_MS / 2, zone)

export function layOut(first: number, days: number, zone: string, duty: readonly DutyItem[], holes: readonly HoleItem[]): DayRow[] {
  const spans = [
    ...holes.map((hole) => ({ from: Date.parse(hole.starts_at), to: Date.parse(hole.ends_at), duty: null, hole })),
    ...duty.map((one) => ({ from: Date.parse(one.starts_at), to: Date.parse(one.ends_at), duty: one, hole: null })),
  ]
  return Array.from({ length: days }, (_, day) => {
    const [starts, ends] = [addDays(first, day, zone), addDays(first, day + 1, zone)]
    const bars: Bar[] = []
    const free: number[] = [] // by lane: when it is free again
    for (const { from, to, ...what } of spans.filter((one) => one.from < ends && starts < one.to).sort((a, b) => a.from - b.from)) {
      const [left, right] = [Math.max(from, starts), Math.min(to, ends)]
      const found = free.findIndex((until) => until <= left)
      const lane = found === -1 ? free.length : found
      free[lane] = right
      const percent = (length: number) => (length / (ends - starts)) * 100
      bars.push({ ...what, lane, left: percent(left - starts), width: percent(right - left) })
    }
    return { on: writeLocal(starts, zone).slice(0, 10), starts, ends, lanes: Math.max(1, free.length), bars }
  })
}
