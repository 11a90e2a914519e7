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

/** The policy that a press at a school would climb by. `rule` is None for the built-in one. */
export interface EffectivePolicy {
  school: string
  school_name: string
  zone: string
  mode: Mode
  kind: Kind
  at: Instant
  rule: SavedRule | null
  policy: Policy
  passed_over: PassedOverRule[]
}

/**
 * Somebody who would be told: at once by the first of `channels`, by each other one when the one before was not
 * delivered within 10 s; and by all `shared` ones. `works`: whether one of them would arrive, as far as is known.
 */
export interface ExplainedCall {
  person: string
  person_name: string
  post_kind: PostKind | null
  channels: string[]
  shared: string[]
  works: boolean
}

/** A step as it would fire. `empty`: it tells nobody, so the next one follows at once. `police`: 110 is told. */
export interface ExplainedStep {
  step: number
  after_seconds: number
  at: Instant
  targets: string[]
  only_channels: string[]
  calls: ExplainedCall[]
  reasons: Reason[]
  police: boolean
  empty: boolean
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
 * When a rule counts, by the school's own clock: from `starts` until before `ends`.
 *
 * `weekdays` are those on which it starts (1 Monday to 7 Sunday; empty, every day). An end that is not later than the
 * start is on the next day.
 */
export interface Hours {
  starts: string
  ends: string
  weekdays: number[]
}

/**
 * An incident as every program and board sees it; each field is a column of the table of the same name.
 *
 * `school`, `school_name` and `district` are None while no school can be told (an unplaced press); `place` is then
 * the device that pressed. `point` says where exactly the first press came from. `step` is the index of the next
 * step of the policy and `round` counts its repetitions from 1; `next_at` is when something happens if nobody does
 * anything: the next step of an open incident, or the end of an acknowledgement. `told` and `reached` count
 * people to whom a message was addressed, and to whom one was delivered. `unreached_at` is since when nobody whom the
 * newest steps called could be reached. `takers` took it so far; it stops climbing when `takers_needed` did.
 * `police` is how far 110 is with it, None when it is not handed over; `police_telephone`: somebody must telephone
 * 110.
 * `outputs_unconfirmed` counts sirens, strobes, locks and voices of which nobody knows whether they do what is wished.
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
  outputs_unconfirmed: number
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
  outputs: OutputRow[]
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

/** What a device can do on site. */
export const Output = ["siren", "strobe", "lock", "voice"] as const
export type Output = (typeof Output)[number]

/**
 * An output at an incident's place, with the newest wish that the incident has about it (None: it was not driven).
 *
 * `unconfirmed_since` is when the wish was made that its device has not confirmed, or when the device should have
 * gone off by itself.
 */
export interface OutputRow {
  device: string
  point: string
  link: Link
  output: Output
  command: number | null
  on: boolean | null
  until: Instant | null
  requested_by: string | null
  requested_at: Instant | null
  state: OutputState | null
  sends: number | null
  sent_at: Instant | null
  confirmed_on_at: Instant | null
  confirmed_off_at: Instant | null
  unconfirmed_since: Instant | null
}

/**
 * How far a wish about an output came. `on` and `off` are the device's own word; `expired`: its time was over
 * before it was sent; `superseded`: a newer wish about the same output counts.
 */
export const OutputState = ["wanted", "sent", "on", "off", "expired", "superseded"] as const
export type OutputState = (typeof OutputState)[number]

/** Who runs a school. */
export const Ownership = ["public", "private"] as const
export type Ownership = (typeof Ownership)[number]

/** Why a rule was not chosen: the condition that does not hold, or that a more specific rule holds too. */
export const PassedOver = ["mode", "place", "kind", "category", "school_kind", "hours", "less_specific"] as const
export type PassedOver = (typeof PassedOver)[number]

/** A rule that does not count for a press, and why. */
export interface PassedOverRule {
  rule: SavedRule
  why: PassedOver
}

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
 * Steps in order; `repeat_after_seconds` after the last one the next round begins (None: one round only).
 *
 * An acknowledgement lasts `acknowledgement_seconds` unless somebody carries it on. `takers_needed` different people
 * must take the incident before it stops climbing. `without_police` says that people want 110 left out of a live one.
 */
export interface Policy {
  steps: Step[]
  repeat_after_seconds: number | null
  acknowledgement_seconds: number
  takers_needed: number
  without_police: boolean
}

/**
 * A rule tried on a press that nobody made.
 *
 * `problem` keeps it from being saved; None: nothing does. `steps` is its first round at the school while nobody answers,
 * None without a school or while the policy is not whole; `reached_after_seconds` is None when nobody is reached in it.
 * `misfit` is why the rule would not count for that press, though it is tried on it.
 */
export interface PolicyTrial {
  problem: string | null
  zone: string | null
  at: Instant | null
  misfit: PassedOver | null
  steps: ExplainedStep[] | null
  reached_after_seconds: number | null
  covered: boolean | null
}

/** A policy of the whole city as it was saved; version 0 is the built-in one. `rule` is its number among rules. */
export interface PolicyVersion {
  mode: Mode
  version: number
  definition: Policy
  saved_by: string | null
  saved_at: Instant | null
  rule: number | null
}

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

/**
 * Why nobody is reached: what is null does not belong to the code.
 *
 * `at` is when a roster ends or somebody comes back, `channels` are those that are off, failing or asked for,
 * `seconds` how long after the press somebody would be reached at last.
 */
export interface Reason {
  code: ReasonCode
  post: string | null
  post_name: string | null
  post_kind: PostKind | null
  person: string | null
  person_name: string | null
  at: Instant | null
  channels: string[]
  seconds: number | null
}

/** What is wrong. `alerts.coverage_words` says each in words. */
export const ReasonCode = ["no_post", "nobody_holds", "roster_gap", "roster_ends", "roster_empty", "on_leave", "deputy_on_leave", "no_method", "not_verified", "channel_off", "failing", "wrong_channel", "no_such_person", "no_neighbours", "neighbours_unreached", "nobody_on_duty", "only_police", "too_late"] as const
export type ReasonCode = (typeof ReasonCode)[number]

/** `operator` sees all and may act; `reader` sees all and may not. */
export const Role = ["operator", "reader"] as const
export type Role = (typeof Role)[number]

/**
 * A policy, where it counts (a school, a district, or with neither the whole city), and under which conditions.
 *
 * A condition that is None always holds. `category` and `kind` exclude each other.
 */
export interface Rule {
  id: number
  version: number
  mode: Mode
  definition: Policy
  name: string
  district: string | null
  school: string | null
  category: Category | null
  kind: Kind | null
  school_kind: SchoolKind | null
  hours: Hours | null
}

/** A rule and all its versions, newest first. */
export interface RuleHistory {
  rule: SavedRule
  versions: RuleVersion[]
}

/** What a rule said in one of its versions. Its mode and place never change. */
export interface RuleVersion {
  version: number
  name: string
  category: Category | null
  kind: Kind | null
  school_kind: SchoolKind | null
  hours: Hours | null
  definition: Policy
  saved_by: string
  saved_at: Instant
}

/** A rule as it was saved last, the names of its place, and whether it was retired. */
export interface SavedRule {
  rule: Rule
  district_name: string | null
  school_name: string | null
  saved_by: string
  saved_at: Instant
  retired_by: string | null
  retired_at: Instant | null
}

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

/**
 * One step: these targets are told `after_seconds` after the round began (see `alerts.domain.targets`).
 *
 * `channels` are the only ones by which the step reaches people; empty, each person's own order counts.
 */
export interface Step {
  after_seconds: number
  targets: string[]
  channels: string[]
}

/** Somebody who will be told; `post_kind` is None for a person who is called by name. */
export interface Target {
  post_kind: PostKind | null
  person: string
  person_name: string
}

/**
 * What the first word of a target says.
 *
 * `post` calls those on duty at posts of a kind, of the incident's school, its district and the city; `team` all who
 * hold such a post, on duty or not. `on_duty` is everybody on duty at the school. `neighbours` are the people on duty
 * of other schools: within so many metres, or of the same education group. `district` and `city` are their desks.
 * `police` hands the incident over to 110.
 */
export const TargetKind = ["post", "team", "person", "on_duty", "neighbours", "district", "city", "police"] as const
export type TargetKind = (typeof TargetKind)[number]

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
