// Written by `python -m dashboard.contract` from the Python values that are sent. Do not edit.

/** An instant, RFC 3339 in UTC. */
export type Instant = string

/** A button's wish to take a press back; `press` is that press's name, None where the device named none. */
export interface CancelRow {
  press: string | null
  device: string
  occurred_at: Instant | null
  received_at: Instant
}

/** The class of an incident: one school has at most one open incident a mode and class. */
export const Category = ["security", "fire", "medical"] as const
export type Category = (typeof Category)[number]

/** Why an incident was closed. */
export const Cause = ["real", "dispute", "medical", "accidental", "pupil_play", "device_fault", "test", "drill"] as const
export type Cause = (typeof Cause)[number]

/** A message to one person by one channel; `reason` is why, `attempt` counts the person's methods from 1. */
export interface DeliveryRow {
  person: string
  person_name: string
  post_kind: PostKind | null
  channel: string
  address: string
  reason: string
  step: number
  round: number
  attempt: number
  state: DeliveryState
  attempts: number
  queued_at: Instant
  due_at: Instant
  handed_over_at: Instant | null
  delivered_at: Instant | null
  seen_at: Instant | null
  answered_at: Instant | null
  answer: string | null
  provider_id: string | null
  error: string | null
}

/** What became of a message. `handed_over`: the provider took it and will tell; `covered`: it is not needed. */
export const DeliveryState = ["queued", "handed_over", "delivered", "seen", "answered", "failed", "covered"] as const
export type DeliveryState = (typeof DeliveryState)[number]

/** A device with what was last heard of it; battery in percent, rssi in dBm. */
export interface DeviceDetail {
  code: string
  school: string
  point: string
  point_kind: PointKind
  link: Link
  troubles: Trouble[]
  since: Instant | null
  interval_seconds: number
  last_seen_at: Instant | null
  firmware: string | null
  battery: number | null
  mains: boolean | null
  tamper: boolean | null
  rssi: number | null
}

/** A device as the feed carries it; `since` is when its link or troubles last changed. */
export interface DeviceItem {
  code: string
  school: string
  point: string | null
  link: Link
  troubles: Trouble[]
  since: Instant | null
}

/** A district or county-level city; `position` orders lists. */
export interface District {
  code: string
  name: string
  name_en: string
  position: number
}

/** Somebody who holds a post of a school. */
export interface DutyRow {
  post: string
  post_kind: PostKind
  person: string
  name: string
  phone: string
}

/**
 * States of a hand-over to 110, after ASAP-to-PSAP.
 *
 * `waiting`: not sent yet, or sent again; `phone_in`: no link is set up, somebody must telephone; `sent`: the station
 * has the message and has not decided.
 */
export const HandoverState = ["waiting", "phone_in", "sent", "accepted", "rejected", "dispatched", "on_scene", "closed"] as const
export type HandoverState = (typeof HandoverState)[number]

/**
 * An incident as every program and board sees it; each field is a column of the table of the same name.
 *
 * `school`, `school_name` and `district` are None while no school can be told (an unplaced press); `place` is then
 * the device that pressed. `point` says where exactly the first press came from. `step` is the index of the next
 * step of the policy and `round` counts its repetitions from 1; `next_at` is when something happens if nobody does
 * anything: the next step of an open incident, or the end of an acknowledgement. `told` and `reached` count
 * people to whom a message was addressed, and to whom one was delivered. `unreached_at` is since when nobody whom the
 * newest steps called could be reached. `takers` took it so far; it stops climbing when `takers_needed` did.
 * `police` is how far 110 is with it, None when it is not handed over; `police_telephone`: somebody must telephone 110.
 */
export interface Incident {
  id: number
  place: string
  school: string | null
  school_name: string | null
  district: string | null
  point: string | null
  device: string
  mode: Mode
  category: Category
  kind: Kind
  state: State
  opened_at: Instant
  last_press_at: Instant
  presses: number
  late: boolean
  problems: string[]
  cancel_asked_at: Instant | null
  acknowledged_at: Instant | null
  acknowledged_by: string | null
  responding_at: Instant | null
  responding_by: string | null
  closed_at: Instant | null
  closed_by: string | null
  cause: Cause | null
  step: number
  round: number
  next_at: Instant | null
  told: number
  reached: number
  opened_position: number
  takers: string[]
  takers_needed: number
  unreached_at: Instant | null
  police: HandoverState | null
  police_telephone: boolean
}

/** One incident. Presses and deliveries are newest first, cancels and the timeline oldest first. */
export interface IncidentDetail {
  incident: Incident
  school: IncidentSchool | null
  presses: PressRow[]
  cancels: CancelRow[]
  timeline: TimelineEntry[]
  deliveries: DeliveryRow[]
  next: Next
  tasks: (Record<string, unknown>)[]
}

/** Where help has to go. */
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
  zone: string
}

/** What a button was pressed for; a word that is not here counts as other and is kept as said. */
export const Kind = ["panic", "violence", "intruder", "fire", "medical", "other"] as const
export type Kind = (typeof Kind)[number]

/** How the service hears a device: never yet, now, no more (silence), or told so (last will, `online: false`). */
export const Link = ["never", "online", "silent", "offline"] as const
export type Link = (typeof Link)[number]

/** Whether a press is the real thing; a test or a drill needs an announced window. */
export const Mode = ["live", "test", "drill"] as const
export type Mode = (typeof Mode)[number]

/** The incident after a move. */
export interface Moved {
  incident: Incident
}

/** What comes next, when, and who will then be told; all None and empty when nothing does. */
export interface Next {
  at: Instant | null
  what: NextKind | null
  step: number | null
  targets: Target[]
}

/** What happens to an incident if nobody does anything. */
export const NextKind = ["step", "repeat", "acknowledgement_ends"] as const
export type NextKind = (typeof NextKind)[number]

/** Who runs a school. */
export const Ownership = ["public", "private"] as const
export type Ownership = (typeof Ownership)[number]

/** A place in a school and the devices that hang there. */
export interface PointDetail {
  name: string
  kind: PointKind
  devices: DeviceDetail[]
}

/** Where in a school a device hangs. */
export const PointKind = ["gatehouse", "control_room", "corridor", "dormitory", "office", "other"] as const
export type PointKind = (typeof PointKind)[number]

/**
 * Posts that an escalation step can call: those of a school, of a district, and of the city.
 *
 * `guard` is 专职保安 (full-time guards), `guard_team` 护校队 (the school's guard team), `crossing_post` 护学岗.
 */
export const PostKind = ["school_duty", "principal", "duty_leader", "guard", "guard_team", "crossing_post", "district_desk", "supervisor", "city_desk", "police_link", "head_of_bureau"] as const
export type PostKind = (typeof PostKind)[number]

/** A stored press: `kind_said` and `mode_said` are the device's own words, None where it said nothing. */
export interface PressRow {
  id: number
  incident: number
  school: string | null
  device: string
  point: string | null
  name: string
  kind: Kind
  kind_said: string | null
  mode: Mode
  mode_said: string | null
  late: boolean
  problems: string[]
  occurred_at: Instant | null
  received_at: Instant
  recorded_at: Instant
  source: Source
}

/** What can be wrong with a press. */
export const Problem = ["not_json", "not_object", "too_large", "bad_id", "bad_boot", "bad_seq", "bad_at", "bad_kind", "bad_mode", "no_window", "future", "unknown_device", "wrong_school", "wrong_district", "bad_topic", "no_such_press", "second_press_in_test"] as const
export type Problem = (typeof Problem)[number]

/** What could not be read, and why: the beginning of its payload as text, and how many bytes it had. */
export interface Quarantined {
  id: number
  topic: string
  device: string | null
  channel: string
  reason: string
  payload_text: string
  payload_size: number
  received_at: Instant
}

/** `operator` sees all and may act; `reader` sees all and may not. */
export const Role = ["operator", "reader"] as const
export type Role = (typeof Role)[number]

/** A school's own page: `duty` are the people who hold its posts, `incidents` those that are not closed. */
export interface SchoolDetail {
  school: SchoolItem
  district_name: string
  address: string
  zone: string
  group: string | null
  group_name: string | null
  head_school: string | null
  points: PointDetail[]
  duty: DutyRow[]
  incidents: Incident[]
}

/** A school on the board: what it is, and how many of its devices are in which state. */
export interface SchoolItem {
  code: string
  district: string
  name: string
  kind: SchoolKind
  ownership: Ownership
  students: number
  boarders: number
  latitude: number | null
  longitude: number | null
  online: number
  silent: number
  offline: number
  never: number
  troubled: number
}

/** Kinds of school in the city's statistics. */
export const SchoolKind = ["kindergarten", "primary", "junior", "senior", "nine_year", "twelve_year", "vocational", "special"] as const
export type SchoolKind = (typeof SchoolKind)[number]

/** Who is signed in. */
export interface SignedIn {
  name: string
  display_name: string
  role: Role
}

/** The way by which something came in; only what came by MQTT can be answered at a button. */
export const Source = ["mqtt", "http"] as const
export type Source = (typeof Source)[number]

/** Contract, "Incident states". */
export const State = ["open", "acknowledged", "responding", "closed"] as const
export type State = (typeof State)[number]

/** Somebody who will be told; `post_kind` is None for a person who is called by name. */
export interface Target {
  post_kind: PostKind | null
  person: string
  person_name: string
}

/** Something that happened: `detail` is what the log says of it, without the incident itself. */
export interface TimelineEntry {
  position: number
  at: Instant
  actor: string
  actor_name: string
  kind: string
  detail: Record<string, unknown>
}

/** What a device says is wrong with it. */
export const Trouble = ["low_battery", "mains_lost", "tamper"] as const
export type Trouble = (typeof Trouble)[number]
