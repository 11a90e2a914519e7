/** What the service answers beyond the values of the feed. */

import type {
  Cause,
  DeviceItem,
  Incident,
  Instant,
  Kind,
  Mode,
  PointKind,
  PostKind,
  SchoolItem,
  SchoolKind,
} from './contract'

export interface Session {
  name: string
  display_name: string
  role: 'operator' | 'reader'
}

export interface Page<T> {
  items: T[]
  next: string | null
}

export interface Press {
  id: number
  name: string | null
  device: string | null
  point: string | null
  kind: Kind
  kind_said: string | null
  mode: Mode
  mode_said: string | null
  late: boolean
  problems: string[]
  occurred_at: Instant | null
  received_at: Instant
  recorded_at: Instant
  source: string
  incident?: number | null
}

export interface Cancel {
  press: string | null
  occurred_at: Instant | null
  received_at: Instant
  device: string | null
}

export interface TimelineEntry {
  position: number
  at: Instant
  actor: string
  actor_name: string | null
  kind: string
  detail: Record<string, unknown>
}

export interface Delivery {
  person: string
  person_name: string
  post_kind: PostKind
  channel: string
  step: number
  round: number
  state: 'queued' | 'delivered' | 'failed' | 'covered'
  attempts: number
  due_at: Instant
  delivered_at: Instant | null
  error: string | null
}

export interface Target {
  post_kind: PostKind
  person: string
  person_name: string
}

export interface IncidentSchool {
  code: string
  name: string
  district: string
  district_name: string
  address: string
  latitude: number | null
  longitude: number | null
  students: number
  kind: SchoolKind
  phone?: string | null
  zone?: string
}

export interface IncidentDetail {
  incident: Incident
  school: IncidentSchool | null
  presses: Press[]
  cancels: Cancel[]
  timeline: TimelineEntry[]
  deliveries: Delivery[]
  next: {
    at: Instant | null
    what: 'step' | 'repeat' | 'acknowledgement_ends' | null
    step: number | null
    targets: Target[]
  }
}

export interface DeviceDetail extends DeviceItem {
  interval_seconds: number
  last_seen_at: Instant | null
  firmware: string | null
  battery: number | null
  mains: boolean | null
  tamper: boolean | null
  rssi: number | null
}

export interface SchoolDetail {
  school: SchoolItem
  address: string
  zone: string
  group: string | null
  group_name: string | null
  head_school: string | null
  points: { name: string; kind: PointKind; devices: DeviceDetail[] }[]
  duty: { post: string; post_kind: PostKind; person: string; name: string; phone: string }[]
  incidents: Incident[]
}

export interface Quarantined {
  id: number
  topic: string
  device: string | null
  channel: string | null
  reason: string
  payload_text: string
  payload_size: number
  received_at: Instant
}

export type Action = 'acknowledge' | 'respond' | 'note' | 'close'

export interface CloseRequest {
  cause: Cause
  text?: string
}
