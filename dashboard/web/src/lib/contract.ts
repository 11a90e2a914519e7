// Written by `python -m dashboard.contract` from the Python values that are sent. Do not edit.

/** An instant, RFC 3339 in UTC. */
export type Instant = string

/** The class of an incident: one school has at most one open incident a mode and class. */
export const Category = ["security", "fire", "medical"] as const
export type Category = (typeof Category)[number]

/** Why an incident was closed. */
export const Cause = ["real", "dispute", "medical", "accidental", "pupil_play", "device_fault", "test", "drill"] as const
export type Cause = (typeof Cause)[number]

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

/**
 * An incident as every program and board sees it; each field is a column of the table of the same name.
 *
 * `school`, `school_name` and `district` are None while no school can be told (an unplaced press); `place` is then
 * the device that pressed. `point` says where exactly the first press came from. `step` is the index of the next
 * step of the policy and `round` counts its repetitions from 1; `next_at` is when something happens if nobody does
 * anything: the next step of an open incident, or the end of an acknowledgement. `told` and `reached` count
 * people to whom a message was addressed, and to whom one was delivered.
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

/** Who runs a school. */
export const Ownership = ["public", "private"] as const
export type Ownership = (typeof Ownership)[number]

/** Where in a school a device hangs. */
export const PointKind = ["gatehouse", "control_room", "corridor", "dormitory", "office", "other"] as const
export type PointKind = (typeof PointKind)[number]

/** Posts that an escalation step can call. The first two belong to a school, the next two to a district. */
export const PostKind = ["school_duty", "principal", "district_desk", "supervisor", "city_desk", "police_link", "head_of_bureau"] as const
export type PostKind = (typeof PostKind)[number]

/** What can be wrong with a press. */
export const Problem = ["not_json", "not_object", "too_large", "bad_id", "bad_boot", "bad_seq", "bad_at", "bad_kind", "bad_mode", "no_window", "future", "unknown_device", "wrong_school", "wrong_district", "bad_topic", "no_such_press"] as const
export type Problem = (typeof Problem)[number]

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

/** What became of a press, as told to its button. */
export const Stage = ["received", "seen", "coming", "closed"] as const
export type Stage = (typeof Stage)[number]

/** Contract, "Incident states". */
export const State = ["open", "acknowledged", "responding", "closed"] as const
export type State = (typeof State)[number]

/** What a device says is wrong with it. */
export const Trouble = ["low_battery", "mains_lost", "tamper"] as const
export type Trouble = (typeof Trouble)[number]
