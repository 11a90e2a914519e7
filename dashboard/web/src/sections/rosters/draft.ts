/** A roster while somebody changes it. Pure. */

import type { DayFilter, Roster } from '../../lib/contract'

export interface DraftTurn {
  key: number
  people: string[]
}

export interface DraftShift {
  key: number
  name: string
  starts: string
  ends: string
  since: string
  turnDays: number
  weekdays: number[]
  days: DayFilter
  turns: DraftTurn[]
}

export interface RosterDraft {
  shifts: DraftShift[]
  handover: number
  aroundTheClock: boolean
}

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const

let keys = 0
const nextKey = () => (keys += 1)

export const newTurn = (): DraftTurn => ({ key: nextKey(), people: [] })

/** A shift of all days; by day when it is the first one, by night when there is one already. */
export function newShift(name: string, since: string, index: number): DraftShift {
  const [starts, ends] = index === 0 ? ['08:00', '20:00'] : ['20:00', '08:00']
  return { key: nextKey(), name, starts, ends, since, turnDays: 1, weekdays: [...WEEKDAYS], days: 'any', turns: [newTurn()] }
}

export function draftOf(roster: Roster): RosterDraft {
  return {
    handover: roster.handover_minutes,
    aroundTheClock: roster.around_the_clock,
    shifts: roster.shifts.map((shift) => ({
      key: nextKey(),
      name: shift.name,
      starts: shift.starts.slice(0, 5),
      ends: shift.ends.slice(0, 5),
      since: shift.since,
      turnDays: shift.turn_days,
      weekdays: [...shift.weekdays],
      days: shift.days,
      turns: shift.turns.map((people) => ({ key: nextKey(), people: [...people] })),
    })),
  }
}

export function rosterOf(draft: RosterDraft): Roster {
  return {
    handover_minutes: Number(draft.handover) || 0,
    around_the_clock: draft.aroundTheClock,
    shifts: draft.shifts.map((shift) => ({
      name: shift.name.trim(),
      starts: shift.starts,
      ends: shift.ends,
      since: shift.since,
      turn_days: Number(shift.turnDays) || 0,
      weekdays: [...shift.weekdays].sort(),
      days: shift.days,
      turns: shift.turns.map(({ people }) => [...people]),
    })),
  }
}

/** Whether everything is filled in that a shift cannot do without. */
export const isWhole = (draft: RosterDraft): boolean =>
  draft.shifts.length > 0 &&
  draft.shifts.every((shift) => shift.name.trim() !== '' && shift.starts !== '' && shift.ends !== '' && shift.since !== '')
