/** Values for the tests of pure modules. */

import type { Incident, SchoolItem } from '../src/lib/contract'
import { applyMessage, newBoard, noEffects, type Board, type Effects, type FeedMessage } from '../src/lib/feed'

export const T0 = Date.parse('2026-03-02T01:00:00Z')
export const at = (seconds: number) => new Date(T0 + seconds * 1000).toISOString()

export function school(code: string, part: Partial<SchoolItem> = {}): SchoolItem {
  return {
    code,
    district: 'shinan',
    name: `学校${code}`,
    kind: 'primary',
    ownership: 'public',
    students: 500,
    boarders: 0,
    latitude: 36.07,
    longitude: 120.38,
    online: 2,
    silent: 0,
    offline: 0,
    never: 0,
    troubled: 0,
    ...part,
  }
}

export function incident(id: number, part: Partial<Incident> = {}): Incident {
  return {
    id,
    place: 'S1',
    school: 'S1',
    school_name: '学校S1',
    district: 'shinan',
    point: '门卫室',
    device: 'S1-G1',
    mode: 'live',
    category: 'security',
    kind: 'panic',
    state: 'open',
    opened_at: at(0),
    last_press_at: at(0),
    presses: 1,
    late: false,
    problems: [],
    cancel_asked_at: null,
    acknowledged_at: null,
    acknowledged_by: null,
    responding_at: null,
    responding_by: null,
    closed_at: null,
    closed_by: null,
    cause: null,
    step: 1,
    round: 1,
    next_at: at(30),
    told: 3,
    reached: 2,
    opened_position: id,
    takers: [],
    takers_needed: 1,
    unreached_at: null,
    police: null,
    police_telephone: false,
    outputs_unconfirmed: 0,
    ...part,
  }
}

export function snapshot(schools: SchoolItem[], incidents: Incident[], cursor = 'c0'): FeedMessage {
  const districts = [
    { code: 'shibei', name: '市北区', name_en: 'Shibei', position: 2 },
    { code: 'shinan', name: '市南区', name_en: 'Shinan', position: 1 },
  ]
  return { type: 'snapshot', cursor, at: at(0), districts, schools, incidents, compliance: [] }
}

export const changed = (item: Incident, cursor = 'c1'): FeedMessage => ({ type: 'change', cursor, kind: 'incident', item })

export function apply(board: Board, ...messages: FeedMessage[]): Effects {
  const effects = noEffects()
  for (const message of messages) applyMessage(board, message, effects)
  return effects
}

export function boardOf(schools: SchoolItem[], incidents: Incident[] = []): Board {
  const board = newBoard()
  apply(board, snapshot(schools, incidents))
  return board
}
