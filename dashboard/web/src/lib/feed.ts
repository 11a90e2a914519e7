/** The board's state, and how each message of the live feed changes it. Pure: no clock, no socket, no page. */

import type { ComplianceItem, DeviceItem, District, Incident, Instant, Kind, SchoolItem } from './contract'

export interface Service {
  presses: boolean
  engine: boolean
}

export type FeedMessage =
  | {
      type: 'snapshot'
      cursor: string
      at: Instant
      districts: District[]
      schools: SchoolItem[]
      incidents: Incident[]
      compliance: ComplianceItem[]
    }
  | { type: 'change'; cursor: string; kind: 'incident'; item: Incident }
  | { type: 'change'; cursor: string; kind: 'school'; item: SchoolItem }
  | { type: 'change'; cursor: string; kind: 'device'; item: DeviceItem }
  | { type: 'change'; cursor: string; kind: 'compliance'; item: ComplianceItem }
  | { type: 'tick'; cursor: string; at: Instant; service: Service }
  | { type: 'resync' }

/** The one thing that matters most about a school now, worst first. */
export const STANDINGS = [
  'open',
  'acknowledged',
  'responding',
  'exercise',
  'offline',
  'silent',
  'troubled',
  'never',
  'quiet',
] as const
export type Standing = (typeof STANDINGS)[number]

/** A school on the board. Changed in place: whoever shows it reads it again after each flush. */
export interface SchoolRow {
  item: SchoolItem
  standing: Standing
  /** Its incidents that are not closed. */
  incidents: Set<number>
}

export interface Board {
  loaded: boolean
  cursor: string | null
  districts: District[]
  schools: Map<string, SchoolRow>
  /** Every incident that is not closed, by id. */
  incidents: Map<number, Incident>
  /** How each school that was judged stands by its rules. */
  compliance: Map<string, ComplianceItem>
  service: Service
}

/** What a person should hear of, beyond seeing it. */
export type News =
  | { kind: 'opened' | 'reopened' | 'pressed'; incident: Incident }
  | { kind: 'acknowledged' | 'responding' | 'closed'; incident: Incident }

export interface Effects {
  news: News[]
  /** Codes of schools whose row changed. */
  schools: Set<string>
  /** Incidents that changed, closed ones too. */
  incidents: Set<number>
  devices: DeviceItem[]
  /** Codes of schools that stand otherwise by their rules. */
  compliance: Set<string>
  /** A snapshot replaced everything. */
  replaced: boolean
}

export function newBoard(): Board {
  return {
    loaded: false,
    cursor: null,
    districts: [],
    schools: new Map(),
    incidents: new Map(),
    compliance: new Map(),
    service: { presses: true, engine: true },
  }
}

export function noEffects(): Effects {
  return { news: [], schools: new Set(), incidents: new Set(), devices: [], compliance: new Set(), replaced: false }
}

/** Applies one message to `board` in place, and adds what it did to `effects`. */
export function applyMessage(board: Board, message: FeedMessage, effects: Effects): void {
  switch (message.type) {
    case 'snapshot':
      applySnapshot(board, message, effects)
      break
    case 'change':
      if (message.kind === 'incident') applyIncident(board, message.item, effects)
      else if (message.kind === 'school') applySchool(board, message.item, effects)
      else if (message.kind === 'device') effects.devices.push(message.item)
      else if (message.kind === 'compliance') {
        board.compliance.set(message.item.school, message.item)
        effects.compliance.add(message.item.school)
      }
      break
    case 'tick':
      board.service = message.service
      break
    case 'resync':
      return // a snapshot follows; until then what is shown stays
  }
  board.cursor = message.cursor
}

function applySnapshot(board: Board, snapshot: FeedMessage & { type: 'snapshot' }, effects: Effects): void {
  const before = board.incidents
  board.districts = [...snapshot.districts].sort((one, other) => one.position - other.position)
  board.schools = new Map(
    snapshot.schools.map((item) => [item.code, { item, standing: 'quiet', incidents: new Set<number>() }]),
  )
  board.compliance = new Map(snapshot.compliance.map((item) => [item.school, item]))
  board.incidents = new Map()
  for (const incident of snapshot.incidents) {
    if (incident.state === 'closed') continue
    board.incidents.set(incident.id, incident)
    if (incident.school !== null) board.schools.get(incident.school)?.incidents.add(incident.id)
    tellNews(before.get(incident.id), incident, effects)
    effects.incidents.add(incident.id)
  }
  for (const id of before.keys()) effects.incidents.add(id)
  for (const row of board.schools.values()) row.standing = judgeStanding(row, board.incidents)
  board.loaded = true
  effects.replaced = true
}

function applyIncident(board: Board, incident: Incident, effects: Effects): void {
  const before = board.incidents.get(incident.id)
  tellNews(before, incident, effects)
  effects.incidents.add(incident.id)
  if (incident.state === 'closed') board.incidents.delete(incident.id)
  else board.incidents.set(incident.id, incident)
  // An unplaced press may be given its school later, so the school it had before can be another one.
  for (const code of new Set([before?.school, incident.school])) {
    const row = code ? board.schools.get(code) : undefined
    if (!row) continue
    if (incident.state === 'closed' || row.item.code !== incident.school) row.incidents.delete(incident.id)
    else row.incidents.add(incident.id)
    row.standing = judgeStanding(row, board.incidents)
    effects.schools.add(row.item.code)
  }
}

function applySchool(board: Board, item: SchoolItem, effects: Effects): void {
  const row = board.schools.get(item.code)
  if (row) {
    row.item = item
    row.standing = judgeStanding(row, board.incidents)
  } else {
    const incidents = new Set<number>()
    for (const incident of board.incidents.values()) if (incident.school === item.code) incidents.add(incident.id)
    const added: SchoolRow = { item, standing: 'quiet', incidents }
    added.standing = judgeStanding(added, board.incidents)
    board.schools.set(item.code, added)
  }
  effects.schools.add(item.code)
}

function tellNews(before: Incident | undefined, now: Incident, effects: Effects): void {
  const tell = (kind: News['kind']) => effects.news.push({ kind, incident: now })
  if (!before) {
    if (now.state === 'open') tell('opened')
    else if (now.state === 'closed') tell('closed')
    return
  }
  if (before.state !== now.state) tell(now.state === 'open' ? 'reopened' : now.state)
  else if (now.presses > before.presses) tell('pressed')
}

function judgeStanding(row: SchoolRow, incidents: Map<number, Incident>): Standing {
  let worst = judgeDevices(row.item)
  for (const id of row.incidents) {
    const incident = incidents.get(id)
    if (!incident || incident.state === 'closed') continue
    const standing = incident.mode === 'live' ? incident.state : 'exercise'
    if (STANDINGS.indexOf(standing) < STANDINGS.indexOf(worst)) worst = standing
  }
  return worst
}

function judgeDevices(school: SchoolItem): Standing {
  if (school.offline > 0) return 'offline'
  if (school.silent > 0) return 'silent'
  if (school.troubled > 0) return 'troubled'
  return school.online === 0 ? 'never' : 'quiet'
}

export interface Counts {
  /** Schools (or unplaced devices) with a live incident in that state. */
  open: number
  acknowledged: number
  responding: number
  /** Test and drill incidents that are not closed. */
  exercise: number
  schools: number
  /** Devices. */
  online: number
  silent: number
  offline: number
  never: number
  troubled: number
}

export function countBoard(board: Board): Counts {
  const places = { open: new Set<string>(), acknowledged: new Set<string>(), responding: new Set<string>() }
  let exercise = 0
  for (const incident of board.incidents.values()) {
    if (incident.mode !== 'live') exercise += 1
    else if (incident.state !== 'closed') places[incident.state].add(incident.school ?? incident.place)
  }
  const devices = { online: 0, silent: 0, offline: 0, never: 0, troubled: 0 }
  for (const { item } of board.schools.values()) {
    devices.online += item.online
    devices.silent += item.silent
    devices.offline += item.offline
    devices.never += item.never
    devices.troubled += item.troubled
  }
  return {
    open: places.open.size,
    acknowledged: places.acknowledged.size,
    responding: places.responding.size,
    exercise,
    schools: board.schools.size,
    ...devices,
  }
}

export interface Queue {
  live: Incident[]
  exercise: Incident[]
}

/** The open incidents as they are worked off; a test or a drill never stands among live ones. */
export function queueIncidents(board: Board): Queue {
  const queued = Array.from(board.incidents.values(), (incident) => ({ incident, since: Date.parse(incident.opened_at) }))
  // Most urgent first: what nobody took before what somebody has, the graver before the less grave, then the longest waiting.
  queued.sort(
    (one, other) =>
      URGENCY[one.incident.state] - URGENCY[other.incident.state] ||
      GRAVITY[one.incident.kind] - GRAVITY[other.incident.kind] ||
      one.since - other.since ||
      one.incident.id - other.incident.id,
  )
  const queue: Queue = { live: [], exercise: [] }
  for (const { incident } of queued) queue[incident.mode === 'live' ? 'live' : 'exercise'].push(incident)
  return queue
}

// A person who means harm, and a press that does not say what it is for, come before what does not run after anybody.
const GRAVITY = { violence: 0, intruder: 0, panic: 0, fire: 1, medical: 2, other: 3 } as const satisfies Record<Kind, number>
const URGENCY = { open: 0, acknowledged: 1, responding: 2, closed: 3 } as const
