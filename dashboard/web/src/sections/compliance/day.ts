/** A school's day laid out: where items stand on their strips, and how one steps through them by keyboard. Pure. */

import type { DayItem, DayStrip, Lane, Mark } from '../../lib/contract'

/** Percent of the day that is needed to see an item, however short it was, and to hit it with a finger (24 px). */
const SEEN = 0.9
const HIT = 2.5

/** How a strip stands all the time; drawn beneath what happens on it. */
const GROUND: readonly Mark[] = ['shut', 'unsure']

export interface Placed {
  item: DayItem
  /** Tells it apart from the others, also in the next answer. */
  key: string
  left: number
  width: number
  /** Percent of that place where it is drawn. */
  from: number
  drawn: number
  /** Items of one time stand in rows below each other. */
  row: number
  ground: boolean
}

export interface Row {
  lane: Lane
  subject: string
  rows: number
  placed: Placed[]
}

export interface Ends {
  starts_at: string
  ends_at: string
}

export function layOut(strips: readonly DayStrip[], ends: Ends): Row[] {
  return strips.map((strip) => {
    const free: number[] = [] // by row: from which percent on it is free
    const placed = strip.items.map((item) => place(strip, item, ends))
    for (const one of placed) {
      if (one.ground) continue
      const found = free.findIndex((until) => until <= one.left + 1e-9)
      one.row = found === -1 ? free.length : found
      free[one.row] = one.left + one.width
    }
    return { lane: strip.lane, subject: strip.subject, rows: Math.max(1, free.length), placed }
  })
}

function place(strip: DayStrip, item: DayItem, ends: Ends): Placed {
  const left = percentOf(Date.parse(item.since), ends)
  const right = item.until === null ? left : percentOf(Date.parse(item.until), ends)
  const ground = GROUND.includes(item.mark)
  const drawn = ground ? right - left : Math.max(right - left, SEEN)
  const width = ground ? drawn : Math.max(drawn, HIT)
  const start = Math.min(left, 100 - width)
  const share = (percent: number) => (width === 0 ? 100 : (percent / width) * 100)
  const key = [strip.lane, strip.subject, item.mark, item.since, item.subject, item.who].join('|')
  return { item, key, left: start, width, from: share(Math.min(left - start, width - drawn)), drawn: share(drawn), row: 0, ground }
}

/** Where an instant is, percent of the day. */
export function percentOf(at: number, { starts_at, ends_at }: Ends): number {
  const [starts, over] = [Date.parse(starts_at), Date.parse(ends_at)]
  return Math.min(100, Math.max(0, ((at - starts) / (over - starts)) * 100))
}

/** Every third hour with where it is, by the hours that have passed; a day on which clocks change has more or fewer. */
export function hoursOf({ starts_at, ends_at }: Ends): { at: number; left: number }[] {
  const [starts, over] = [Date.parse(starts_at), Date.parse(ends_at)]
  const marks = []
  for (let at = starts; at < over; at += 3 * 3_600_000) marks.push({ at, left: percentOf(at, { starts_at, ends_at }) })
  return marks
}

/** Which item of a strip a key leads to; null: the key means nothing here. */
export function step(key: string, at: number, count: number): number | null {
  if (count === 0) return null
  if (key === 'ArrowRight') return Math.min(at + 1, count - 1)
  if (key === 'ArrowLeft') return Math.max(at - 1, 0)
  if (key === 'Home') return 0
  if (key === 'End') return count - 1
  return null
}
