// Written by `python -m dashboard.contract` from the Python values that are sent. Do not edit.

/** An instant, RFC 3339 in UTC. */
export type Instant = string

/**
 * An account as administrators see it: on how many devices it is signed in, whether it has a second factor, and by
 * what it signs in: a password, which may still be the first one, an identity at the operator's provider, or both.
 * `person` is whose it is in the registry, if that was entered.
 */
export interface AccountRow {
  name: string
  display_name: string
  role: Role
  district: string | null
  school: string | null
  created_at: Instant
  sessions: number
  second_factor: boolean
  password: boolean
  first_password: boolean
  identity: string | null
  person: string | null
  person_name: string | null
}

/** A version of a closed day: 0 closed it, each later one has the reason of its amendment. */
export interface Amendment {
  version: number
  closed_at: Instant
  reason: string
  evidence_rows: number
  evidence_hash: string
}

/** What was found of a rule, by whom, and the fact that it became. It stands while `corrected_by` is null. */
export interface AnswerRow {
  id: number
  rule: string
  outcome: Outcome
  note: string
  fact: number | null
  by: string
  answered_at: Instant
  corrects: number | null
  reason: string
  corrected_by: number | null
  photos: number
}

/**
 * The answer times of a group of incidents: `key` is its code, hour (`00` to `23`) or day, `name` what people read.
 *
 * Seconds run from the opening of an incident to the first person who took it or went. A percentile is None where the
 * incident that it falls on was not taken; `longest_seconds` is of those that were.
 */
export interface AnswerTimes {
  key: string
  name: string
  incidents: number
  taken: number
  within_30: number
  within_60: number
  share_within_30: number | null
  share_within_60: number | null
  p50_seconds: number | null
  p90_seconds: number | null
  p985_seconds: number | null
  longest_seconds: number | null
}

/**
 * Answer times of days, both inclusive: `overall`, and a page of groups.
 *
 * `position` is the row of the log up to which they are counted; what is newer follows within seconds.
 */
export interface AnswerTimesPage {
  first: string
  last: string
  by: By
  mode: Mode
  position: number
  overall: AnswerTimes
  items: AnswerTimes[]
  next: string | null
}

/**
 * Whom a notice is meant for: who holds a post (of these kinds; none: of any) in the whole `city`, in districts or
 * at schools, and people named by their codes.
 */
export interface Audience {
  city: boolean
  districts: string[]
  schools: string[]
  posts: PostKind[]
  people: string[]
}

/** What a battery was from an instant on, to two percent. */
export interface BatteryPoint {
  at: Instant
  percent: number
}

/** A browser that rings, as its owner sees it: since when, and when its push service last took a message for it. */
export interface BrowserRow {
  id: number
  agent: string
  language: PushLanguage
  made_at: Instant
  taken_at: Instant | null
}

/** A button with `missing`, the first hop of its test that is not proved; null when all are. */
export interface ButtonInMonth {
  device: string
  point: string
  point_kind: PointKind
  school: string
  school_name: string
  district: string
  district_name: string
  incident: number | null
  pressed_at: Instant | null
  shown_at: Instant | null
  shown_position: number | null
  police_receipt_at: Instant | null
  police_receipt_by: string | null
  police_receipt_how: Way | null
  police_reference: string | null
  receipted_at: Instant | null
  proved_at: Instant | null
  closed_at: Instant | null
  objected_at: Instant | null
  objected_by: string | null
  objection: string | null
  missing: Hop | null
}

/** What answer times are grouped by; hour and day are those of the school's clock. */
export const By = ["district", "school", "hour", "day"] as const
export type By = (typeof By)[number]

/** An entered day of a school, a district, or with neither of the whole city. */
export interface CalendarDay {
  id: number
  on: string
  district: string | null
  school: string | null
  kind: DayKind
  name: string
  saved_by: string
  saved_at: Instant
}

/** The days of a place, what people entered of them, and years that nobody knows, each with what to do about it. */
export interface CalendarPage {
  days: Day[]
  entered: CalendarDay[]
  complete_years: number[]
  unknown_years: UnknownYear[]
}

/**
 * A link to a camera, unique by school and name; `point` is the one that it looks at, None for the school's as a
 * whole.
 */
export interface Camera {
  school: string
  name: string
  address: string
  point: string | null
}

/** A button's wish to take a press back; `press` is that press's name, None where the device named none. */
export interface CancelRow {
  press: string | null
  device: string
  occurred_at: Instant | null
  received_at: Instant
}

/** Every rule in the order in which people read them, with the numbers that count on a day. */
export interface Catalogue {
  on: string
  items: CatalogueRule[]
}

/**
 * A rule as people read it: where it is from and how sure that is, which grades of evidence can hold it up, what it
 * looks at, its numbers.
 */
export interface CatalogueRule {
  code: string
  group: Group
  zh: string
  en: string
  source: string
  standing: Standing
  grades: Grade[]
  inputs: Input[]
  numbers: RuleNumber[]
}

/** The class of an incident: one school has at most one open incident a mode and class. */
export const Category = ["security", "fire", "medical"] as const
export type Category = (typeof Category)[number]

/** Why an incident was closed. */
export const Cause = ["real", "dispute", "medical", "accidental", "pupil_play", "device_fault", "test", "drill"] as const
export type Cause = (typeof Cause)[number]

/** A certificate of a person, valid up to and including a day. */
export interface Certificate {
  id: number
  person: string
  person_name: string
  kind: CertificateKind
  number: string
  valid_until: string
  note: string
  saved_by: string
  saved_at: Instant
}

/** What a certificate says of a person: 保安员证, 消防设施操作员证, 急救员证, 背景审查, others. */
export const CertificateKind = ["guard", "fire_control", "first_aid", "background_check", "other"] as const
export type CertificateKind = (typeof CertificateKind)[number]

/**
 * What was changed of how somebody signs in: by whom, and from where; `address` is empty at the terminal where the
 * service runs. `seen_at` is when the account's owner said that they know.
 */
export interface ChangeRow {
  id: number
  change: SignInChange
  at: Instant
  by: string
  by_name: string
  address: string
  seen_at: Instant | null
}

/**
 * At most `rate_per_second` messages that are not live (None: as many as the provider takes), and the channel's own
 * quiet hours (None: those of the city).
 */
export interface ChannelConduct {
  rate_per_second: number | null
  quiet: QuietHours | null
}

/** A channel's throttle and quiet hours for what is not live. */
export interface ChannelOrder {
  channel: string
  conduct: ChannelConduct
  instead_of: ChannelConduct
}

/**
 * A channel with its throttle and its queue. `allowance` is how many messages that are not live may go at once;
 * `held` wait for the end of quiet hours, `retrying` were refused before; `failing_methods` of its `methods` failed
 * twice in a row. Quiet hours here are the channel's own.
 */
export interface ChannelRow {
  code: string
  enabled: boolean
  personal: boolean
  confirms: boolean
  rate_per_second: number | null
  allowance: number | null
  quiet_from: string | null
  quiet_to: string | null
  quiet_zone: string | null
  queued: number
  queued_live: number
  held: number
  retrying: number
  oldest_waiting_at: Instant | null
  last_error: string | null
  failing_methods: number
  methods: number
}

/** All channels at an instant, and the quiet hours that count where a channel has none of its own. */
export interface ChannelsNow {
  items: ChannelRow[]
  city_quiet_hours: CityQuietHours | null
  at: Instant
}

/**
 * The living figure at `at`: of `responsibilities`, `everywhere` are covered at each place of their post;
 * `coverage` counts every place. `sample`: some of it is invented, so it says nothing of the real city.
 */
export interface CityCoverage {
  at: Instant
  sample: boolean
  responsibilities: number
  everywhere: number
  coverage: Tally
  districts: DistrictFigure[]
  items: ResponsibilityFigure[]
}

/** The quiet hours of the whole city. */
export interface CityQuietHours {
  quiet_from: string
  quiet_to: string
  quiet_zone: string
}

/**
 * How closed a campus is: as always, tightened (outsiders by appointment only), or a closed loop (nobody in or out
 * but by leave), as in an epidemic. It sharpens rules.
 */
export const ClosedLoop = ["normal", "tightened", "closed"] as const
export type ClosedLoop = (typeof ClosedLoop)[number]

/**
 * Schools by what their rules came to: the hundreds (`closed`, `alarm`), the teams (`guards`, `team`, `crossing`),
 * the other groups, and each rule.
 *
 * What stands now (`closed` false; `at` is when the newest verdict was reached) or was recorded of a closed day;
 * `whole` when that day is closed for every school. A school that was not judged is unknown.
 */
export interface ComplianceFigures {
  on: string
  at: Instant | null
  closed: boolean
  whole: boolean
  by: Split
  city: FigureLine
  lines: FigureLine[]
}

/**
 * How a school stands by the rules of a day, whole: how many of its rules have which verdict, and what that makes
 * of the two hundreds (`closed`, `alarm`) and the three teams (`guards`, `team`, `crossing`).
 */
export interface ComplianceItem {
  school: string
  on: string
  met: number
  not_met: number
  unknown: number
  declared: number
  not_applicable: number
  closed: Verdict
  alarm: Verdict
  guards: Verdict
  team: Verdict
  crossing: Verdict
}

/**
 * Every school and rule: `verdicts` has a letter a rule, in the order of `rules`: m met, n not met, u unknown,
 * d declared, - not applicable. `schools` and `verdicts` go together.
 */
export interface ComplianceMatrix {
  on: string
  at: Instant | null
  closed: boolean
  rules: string[]
  schools: string[]
  verdicts: string[]
}

/**
 * Days that are closed, both ends inclusive. `rule` of a point is a rule's code, or a hundred or team by its
 * group.
 */
export interface ComplianceTrend {
  first: string
  last: string
  points: TrendPoint[]
}

/** Whose account may confirm an order. */
export interface Confirmer {
  name: string
  display_name: string
}

/**
 * A way to reach a person. It counts when it was verified: by a code, or by who vouched for it (`verified_by`).
 * `code_expires_at`: a code is under way. `channel_enabled`: the service can use the channel at all.
 */
export interface ContactMethod {
  id: number
  person: string
  rank: number
  channel: string
  address: string
  added_at: Instant
  verified_at: Instant | null
  verified_by: string | null
  failing_since: Instant | null
  code_expires_at: Instant | null
  channel_enabled: boolean
}

/** The summary of the whole city, and a page of holes, the soonest first. */
export interface CoveragePage {
  summary: CoverageSummary
  items: SaidHole[]
  next: string | null
}

/**
 * All schools: covered, with holes (by the worst of them), or never looked at.
 *
 * `checked_at` is of the school that was looked at longest ago, `until` how far ahead. `changes_waiting` are changes
 * that were not looked at yet.
 */
export interface CoverageSummary {
  schools: number
  covered: number
  nobody: number
  first_step_empty: number
  unchecked: number
  checked_at: Instant | null
  until: Instant | null
  changes_waiting: number
  districts: DistrictCoverage[]
}

/**
 * A responsibility of a school, and whoever comes closest to being able to do it now; no gap: it is covered.
 *
 * `site` is where the post is: `school:CODE`, `district:CODE` or `city`. `exercised_at` is within the last year.
 */
export interface CoveredResponsibility {
  plan: string
  version: number
  number: number
  phase: Phase
  text: string
  text_en: string
  post: PostKind
  site: string
  training: boolean
  certificate: CertificateKind | null
  person: string | null
  person_name: string | null
  trained_on: string | null
  exercised_at: Instant | null
  gaps: Gap[]
}

/** A version of the school's closed day: its hash covers the message. `position` is where the log was then. */
export interface Covering {
  on: string
  version: number
  closed_at: Instant
  evidence_rows: number
  evidence_hash: string
  position: number | null
}

/** How many devices stand how; `trying` are those that brokers refused. */
export interface CredentialCounts {
  devices: number
  good: number
  changing: number
  ended: number
  trying: number
}

/**
 * A device with how it stands. `used_at` is its last sign-in where the broker tells of them; `heard_at` when it was
 * last heard, by whichever credential. `old_…` is the one before, while that is still good.
 */
export interface CredentialRow {
  device: string
  school: string
  school_name: string
  district: string
  point: string
  state: CredentialState
  user_name: string | null
  issued_at: Instant | null
  issued_by: string | null
  used_at: Instant | null
  heard_at: Instant | null
  old_user_name: string | null
  old_ends_at: Instant | null
  old_used_at: Instant | null
  ended_at: Instant | null
  revoked: boolean
  refused: number
  refused_at: Instant | null
  refused_address: string | null
}

/** How a device stands with its credentials. */
export const CredentialState = ["none", "current", "changing", "ended"] as const
export type CredentialState = (typeof CredentialState)[number]

/** How the city's devices stand, to which kinds of brokers that is taken now, and who was refused without a name. */
export interface CredentialsNow {
  counts: CredentialCounts
  brokers: string[]
  nameless: Nameless | null
}

/** A day, worked or not. `name` is that of the holiday, also on the workday that makes up for it; often empty. */
export interface Day {
  on: string
  kind: DayKind
  name: string
  origin: DayOrigin
}

/** On which days a shift is worked; a make-up workday is a workday, a holiday in the week is none. */
export const DayFilter = ["any", "workday", "holiday"] as const
export type DayFilter = (typeof DayFilter)[number]

/**
 * A stretch of a school's day, or (`until` null) a moment.
 *
 * `subject` is the device, visit, scope or kind of fact that it is about, of a walk its points in their order, with
 * blanks between; of a breach its number. `who` is the person, of a breach the rule. `goes_on`: it had not ended at
 * the last that is known. `doubts` are why it does not count, or not all of it. `times` is how many alike are told as
 * one. `reasons` are those of a breach, `position` the row of the log that tells of it.
 */
export interface DayItem {
  mark: Mark
  since: Instant
  until: Instant | null
  subject: string
  who: string
  goes_on: boolean
  late: boolean
  doubts: Implausible[]
  times: number
  references: EvidenceReference[]
  rule: SaidRuleReason | null
  reasons: SaidRuleReason[]
  position: number | null
}

/** Whether a day is worked. */
export const DayKind = ["workday", "holiday"] as const
export type DayKind = (typeof DayKind)[number]

/** Who says so. `assumed`: nobody does; weekends are taken for days off, and all others for workdays. */
export const DayOrigin = ["national", "city", "district", "school", "assumed"] as const
export type DayOrigin = (typeof DayOrigin)[number]

/** Items of one lane in order of time; `subject` is the gate, lock or post whose strip it is, else empty. */
export interface DayStrip {
  lane: Lane
  subject: string
  items: DayItem[]
}

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
  late_answer: string | null
  late_answer_at: Instant | null
  provider_id: string | null
  error: string | null
}

/** What became of a message. `handed_over`: the provider took it and will tell; `covered`: it is not needed. */
export const DeliveryState = ["queued", "handed_over", "delivered", "seen", "answered", "failed", "covered"] as const
export type DeliveryState = (typeof DeliveryState)[number]

/** Who stands in for a person (or for whom they do); lower `rank` is asked first. */
export interface Deputy {
  person: string
  name: string
  rank: number
}

/** A device with what was last heard of it; battery in percent, rssi in dBm. */
export interface DeviceDetail {
  code: string
  school: string
  point: string
  point_kind: PointKind
  role: DeviceRole
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

/** Something that a device said wrongly: kept with its problems, or not readable at all (`quarantined`). */
export interface DeviceFault {
  at: Instant
  channel: string
  problems: string[]
  bytes: number
  quarantined: boolean
}

/**
 * A device over a span, newest first but for `stretches` and `battery`. Of each list the newest are here: `cut`
 * names those that are not whole. `tests` is null of what is no button.
 */
export interface DeviceHistory {
  device: DeviceDetail
  place: DevicePlace
  since: Instant
  until: Instant
  stretches: Stretch[]
  battery: BatteryPoint[]
  presses: DevicePress[]
  tests: DeviceTests | null
  faults: DeviceFault[]
  commands: OutputCommand[]
  cut: string[]
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

/** Where a device hangs, with names; `zone` is the school's clock. */
export interface DevicePlace {
  school: string
  school_name: string
  district: string
  district_name: string
  zone: string
}

/**
 * A press, and how far its incident came, which the button was told: `confirmed_at` is when the broker confirmed
 * the first receipt, known of live ones.
 */
export interface DevicePress {
  id: number
  incident: number
  kind: Kind
  mode: Mode
  mode_said: string | null
  late: boolean
  problems: string[]
  occurred_at: Instant | null
  received_at: Instant
  recorded_at: Instant
  source: Source
  confirmed_at: Instant | null
  acknowledged_at: Instant | null
  responding_at: Instant | null
  closed_at: Instant | null
  cause: Cause | null
}

/** What a device is for. One device has one role; only alarm devices have buttons to be proved. */
export const DeviceRole = ["alarm", "gate", "visitor_terminal", "post_reader"] as const
export type DeviceRole = (typeof DeviceRole)[number]

/**
 * How a button is tested: its last test, the last one that was proved end to end, and until when the next is due by
 * the calendar month of its school (rule A3).
 */
export interface DeviceTests {
  last: TestMoment | null
  proved: TestMoment | null
  due_at: Instant
}

/** A district or county-level city; `position` orders lists. */
export interface District {
  code: string
  name: string
  name_en: string
  position: number
}

/**
 * How many schools of a district are covered, have holes (by the worst of them), or were never looked at.
 *
 * `checked_at` is when the one that was looked at longest ago was, `until` how far ahead.
 */
export interface DistrictCoverage {
  code: string
  name: string
  name_en: string
  schools: number
  covered: number
  nobody: number
  first_step_empty: number
  unchecked: number
  checked_at: Instant | null
  until: Instant | null
}

/** How far the responsibilities of a district are covered, its schools' posts and its own. */
export interface DistrictFigure {
  code: string
  name: string
  name_en: string
  coverage: Tally
}

/** What somebody does at an incident's page. */
export const Doing = ["looking", "writing"] as const
export type Doing = (typeof Doing)[number]

/** Somebody on duty at a post; see `alerts.domain.duty.DutySpan`. */
export interface DutyItem {
  starts_at: Instant
  ends_at: Instant
  person: string
  person_name: string
  shift: string
  source: DutySource
  instead_of: string | null
  instead_of_name: string | null
  assumed: boolean
}

/** Who is on duty at a school at one instant, and the posts with a roster where nobody is. */
export interface DutyNow {
  school: string
  at: Instant
  people: OnDuty[]
  vacant: VacantPost[]
}

/**
 * Who is on duty at a post and who is missing, in a stretch of time. What lies after `expanded_until` is worked out
 * for this answer only. Without a roster (`rostered`) the holders have the post all the time.
 */
export interface DutyPlan {
  post: PostItem
  since: Instant
  until: Instant
  expanded_until: Instant | null
  rostered: boolean
  holders: Holder[]
  duty: DutyItem[]
  holes: HoleItem[]
  worries: RosterWorry[]
  unknown_years: UnknownYear[]
}

/** Somebody who holds a post of a school. */
export interface DutyRow {
  post: string
  post_kind: PostKind
  person: string
  name: string
  phone: string
}

/** How somebody came to be on duty. */
export const DutySource = ["rotation", "calendar", "override", "swap", "deputy"] as const
export type DutySource = (typeof DutySource)[number]

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
 * A raw message. `payload` is its text as it came, or with a visitor's name and number covered (`masked`); `sha256`
 * is of the bytes that came. `partition` is the table in which it lies under its key, `counts_on` the school's own day
 * of which it tells; `school` is null where it counts nowhere, and `problems` say why.
 */
export interface Evidence {
  key: string
  on: string
  device: string
  channel: string
  identity: string
  school: string | null
  school_name: string | null
  topic: string
  occurred_at: Instant | null
  received_at: Instant
  recorded_at: Instant | null
  problems: string[]
  payload: string
  masked: boolean
  sha256: string
  partition: string
  counts_on: string
  covered_by: Covering[]
}

/** A piece of evidence; `href` is where it opens, null where nothing tells more. */
export interface EvidenceReference {
  kind: ReferenceKind
  key: string
  href: string | null
}

/**
 * Why a day is otherwise than the timetable: the school closes early, there are exams, or its campus is more
 * or less closed than usual.
 */
export const ExceptionKind = ["early_closing", "exam", "closed_loop"] as const
export type ExceptionKind = (typeof ExceptionKind)[number]

/** A stretch of days that is otherwise, of a school, a district or the city. */
export interface ExceptionRow {
  id: number
  kind: ExceptionKind
  first_on: string
  last_on: string
  district: string | null
  school: string | null
  closes: string | null
  level: ClosedLoop | null
  reason: string
  saved_by: string
  saved_at: Instant
  retired_by: string | null
  retired_at: Instant | null
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

/**
 * What goes on at the school: on which of its `devices` (none: no device there has it), and for how many `seconds`
 * (None: until the incident closes).
 */
export interface ExplainedOutput {
  output: Output
  devices: string[]
  seconds: number | null
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
  outputs: ExplainedOutput[]
}

/** What a report is written as: two for people, two for machines. */
export const ExportForm = ["xlsx", "pdf", "csv", "json"] as const
export type ExportForm = (typeof ExportForm)[number]

/**
 * An export as its owner sees it. `done` of `total` steps are done while it is made; `bytes` and `sha256` are the
 * file's, None until it is made.
 */
export interface ExportRow {
  id: number
  asked_at: Instant
  period: Period
  period_name: string
  first_on: string
  last_on: string
  district: string | null
  school: string | null
  place_name: string
  form: ExportForm
  language: string
  state: ExportState
  done: number
  total: number
  problem: string
  file_name: string
  bytes: number | null
  sha256: string | null
  made_at: Instant | null
  expires_at: Instant
}

/** How far an export is. */
export const ExportState = ["waiting", "making", "made", "failed"] as const
export type ExportState = (typeof ExportState)[number]

/** What people declare or check and write down, because no device can tell it. */
export const FactKind = ["wall_survey", "barrier", "kit", "background_check", "guard_certificate", "button_training", "fault_measure", "team_training", "crossing", "video_sample", "pupil_leave", "pupil_exit", "vehicle_consent", "school_told", "hazard", "inspected", "disabled"] as const
export type FactKind = (typeof FactKind)[number]

/**
 * A fact as it was written down, or (`withdrawn`) that one does not hold any more. `corrects` is the row in whose
 * place it stands, `corrected_by` the one that stands in its own; a fact stands while there is none.
 */
export interface FactRow {
  id: number
  school: string
  kind: FactKind
  about: string | null
  at: Instant
  by: string
  seen_by: string | null
  check_in: string | null
  grade: Grade
  valid_until: string | null
  said: Record<string, string | number | number | boolean>
  withdrawn: boolean
  corrects: number | null
  reason: string
  recorded_at: Instant
  corrected_by: number | null
  photos: PhotoHead[]
}

/** What a telephone needs, told this once: the secret, and a picture of its address to scan, as a data URI. */
export interface FactorShown {
  secret: string
  picture: string
}

/** A calendar to subscribe to. The path is told this once: only its digest is kept. */
export interface Feed {
  path: string
}

/**
 * The schools of one district, kind, ownership or education group. `groups` count schools by what each group of
 * rules came to, `rules` by single rules.
 */
export interface FigureLine {
  key: string
  name: string
  name_en: string
  schools: number
  groups: Record<string, VerdictCount>
  rules: Record<string, VerdictCount>
}

/** `nobody`: no person is reached in time. `first_step_empty`: somebody is, but nobody whom the first step wants. */
export const Finding = ["nobody", "first_step_empty"] as const
export type Finding = (typeof Finding)[number]

/**
 * A school that would have come out otherwise on so many `days`; on the last of them (`on`) so, for these
 * reasons.
 */
export interface FlippedSchool {
  school: string
  name: string
  district: string
  days: number
  on: string
  before: Verdict
  after: Verdict
  reasons_before: SaidRuleReason[]
  reasons_after: SaidRuleReason[]
}

/**
 * Why a responsibility is not covered now; all but NOT_EXERCISED speak of whoever comes closest to doing it.
 *
 * Their order is that of the bits which the database's statements say: a new one goes to the end.
 */
export const Gap = ["on_leave", "unreachable", "untrained", "nobody", "not_exercised", "uncertified"] as const
export type Gap = (typeof Gap)[number]

/**
 * A gate. `open` is null where nobody knows: it is not heard now, has told nothing for a week, or told nonsense.
 * `since` is when it told.
 */
export interface GateNow {
  device: string
  point: string
  open: boolean | null
  since: Instant | null
}

/**
 * How good evidence is: A a signed device's event, B derived by the service from such, C a person's check-in,
 * D declared on a form. The best comes first.
 */
export const Grade = ["A", "B", "C", "D"] as const
export type Grade = (typeof Grade)[number]

/**
 * What a rule is about. The first three are the three teams (三支队伍), CLOSED and ALARM the two
 * hundreds (两个100%).
 */
export const Group = ["guards", "team", "crossing", "closed", "alarm", "answering", "patrol", "records", "drills", "plans", "hazards"] as const
export type Group = (typeof Group)[number]

/** The hand-over after a report. `news` is false when it was known already. */
export interface HandedOver {
  handover: Handover
  news: boolean
}

/**
 * The hand-over of an incident; each field is a column of the table of the same name.
 *
 * `key` is how 110 and we both name it. `due_at` is when the wire is used next, `answer_by` when the city desk is rung
 * unless 110 has it, `on_scene_by` when a patrol should be there. `telephone`: somebody must telephone 110.
 * `overdue_at` is since when something is late. `number` is 110's own number of the case; `officer` who took it there,
 * `unit` who goes. `rings` counts calls of the city desk, `attempts` uses of the wire. `withdrawn_at`: the incident
 * was closed first.
 */
export interface Handover {
  id: number
  incident: number
  mode: Mode
  state: HandoverState
  key: string
  queued_at: Instant
  due_at: Instant | null
  answer_by: Instant | null
  on_scene_by: Instant | null
  attempts: number
  rings: number
  telephone: boolean
  via: Via | null
  number: string | null
  officer: string | null
  unit: string | null
  reason: string | null
  disposition: string | null
  error: string | null
  sent_at: Instant | null
  accepted_at: Instant | null
  rejected_at: Instant | null
  dispatched_at: Instant | null
  on_scene_at: Instant | null
  closed_at: Instant | null
  overdue_at: Instant | null
  withdrawn_at: Instant | null
}

/**
 * Live hand-overs that are open: how many 110 has not taken, how many need a telephone call, how many are late; and
 * how many of tests and drills are open.
 */
export interface HandoverCounts {
  unanswered: number
  telephone: number
  overdue: number
  open: number
  practice: number
}

/** A hand-over in a list: how far 110 is, and which incident it is. */
export interface HandoverRow {
  id: number
  incident: number
  school: string | null
  school_name: string | null
  district: string | null
  kind: Kind
  incident_state: State
  mode: string
  state: HandoverState
  telephone: boolean
  opened_at: Instant
  queued_at: Instant
  answer_by: Instant | null
  on_scene_by: Instant | null
  overdue_at: Instant | null
  attempts: number
  rings: number
  via: string | null
  number: string | null
  officer: string | null
  unit: string | null
  reason: string | null
  disposition: string | null
  error: string | null
  sent_at: Instant | null
  accepted_at: Instant | null
  rejected_at: Instant | null
  dispatched_at: Instant | null
  on_scene_at: Instant | null
  closed_at: Instant | null
  withdrawn_at: Instant | null
}

/**
 * States of a hand-over to 110, after ASAP-to-PSAP.
 *
 * `waiting`: not sent yet, or sent again; `phone_in`: no link is set up, somebody must telephone; `sent`: the station
 * has the message and has not decided.
 */
export const HandoverState = ["waiting", "phone_in", "sent", "accepted", "rejected", "dispatched", "on_scene", "closed"] as const
export type HandoverState = (typeof HandoverState)[number]

/** A hazard, all reports of the same one at that school, and the facts about it with their photos. */
export interface HazardDetail {
  hazard: HazardRow
  reports: HazardRow[]
  facts: FactRow[]
}

/** A hazard. `repeats` is the report before of the same one at the school; `proof_fact` shows that it is mended. */
export interface HazardRow {
  id: number
  school: string
  source: HazardSource
  title: string
  text: string
  place: string
  fingerprint: string
  repeats: number | null
  opened_at: Instant
  opened_by: string
  owner: string | null
  due_at: Instant | null
  escalated_at: Instant | null
  closed_at: Instant | null
  closed_by: string | null
  proof_text: string | null
  proof_fact: number | null
}

/** Who told of it: an inspection, the school itself, a parent, the public, or the service. */
export const HazardSource = ["inspection", "school", "parent", "public", "service"] as const
export type HazardSource = (typeof HazardSource)[number]

/** A post that somebody holds; lower `rank` is called first. */
export interface HeldPost {
  code: string
  kind: PostKind
  name: string
  school: string | null
  district: string | null
  rank: number
}

/**
 * What a hold would find: how many of its days have gone at that place, whole or in part, and the first and the
 * last of them.
 */
export interface HoldOutlook {
  days: number
  gone_days: number
  gone_first: string | null
  gone_last: string | null
}

/**
 * Evidence that must stay: of a school, of a district, or with neither of the city, from `since` to `until`; why,
 * and by whom. `gone_days` of these days had gone, whole or in part, before it was placed; 0 of a lifted one.
 */
export interface HoldRow {
  id: number
  school: string | null
  school_name: string | null
  district: string | null
  district_name: string | null
  since: string
  until: string
  reason: string
  placed_at: Instant
  placed_by: string
  lifted_at: Instant | null
  lifted_by: string | null
  lift_reason: string | null
  gone_days: number
}

/** Somebody who holds a post; lower `rank` is called first. */
export interface Holder {
  person: string
  name: string
  rank: number
}

/** Somebody is missing at a post; see `alerts.domain.duty.Hole`. */
export interface HoleItem {
  post: string
  post_name: string
  post_kind: PostKind
  school: string | null
  school_name: string | null
  starts_at: Instant
  ends_at: Instant
  shift: string
  person: string
  person_name: string
  reason: HoleReason
  empty: boolean
}

/** Why somebody is missing. `no_shift`: none covers that time, though the post is to be held around the clock. */
export const HoleReason = ["leave", "nobody", "no_shift"] as const
export type HoleReason = (typeof HoleReason)[number]

/** The way of a test press, there and back (rule A2), in its order. */
export const Hop = ["pressed", "shown", "police", "receipted"] as const
export type Hop = (typeof Hop)[number]

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

/** An event that becomes nobody's duty: the line on which it begins, what it says, and why. */
export interface IcalProblem {
  line: number
  summary: string
  reason: string
}

/** Why an event does not count. */
export const Implausible = ["clock_off", "too_far", "faster_than_walking", "two_places", "chatter", "reused_code", "written_later"] as const
export type Implausible = (typeof Implausible)[number]

/** What an import did (or, on trial, would do; then there is no version): events taken, events that name nobody. */
export interface ImportedCalendar {
  version: number | null
  events: number
  people: string[]
  problems: IcalProblem[]
  duty: Recalculated | null
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

/**
 * One incident. Presses and deliveries are newest first, cancels, the timeline and screens that showed it oldest
 * first. Pictures are of the point where it was pressed, cameras those that look at it and those of the school.
 */
export interface IncidentDetail {
  incident: Incident
  school: IncidentSchool | null
  presses: PressRow[]
  cancels: CancelRow[]
  timeline: TimelineEntry[]
  deliveries: DeliveryRow[]
  next: Next
  handover: Handover | null
  station: StationEvent[]
  tasks: TaskCard[]
  one_three_five: PhaseTiming[]
  outputs: OutputRow[]
  screens: Showing[]
  pictures: PictureRow[]
  cameras: Camera[]
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

/** What a rule looks at; it is judged anew when something of it changes. */
export const Input = ["gates", "visits", "check_ins", "devices", "staff", "rosters", "facts", "incidents", "presses", "drills", "hazards", "plans", "schedule", "school"] as const
export type Input = (typeof Input)[number]

/** A visit in a list: how much there is to check, and how much of it was answered. */
export interface InspectionHead {
  id: number
  school: string
  school_name: string
  by: string
  opened_at: Instant
  ended_at: Instant | null
  to_check: number
  answered: number
}

/** What an installer puts into a device, told this once: the name, the password, and what its topics begin with. */
export interface IssuedCredential {
  device: string
  school: string
  user_name: string
  password: string
  topic: string
}

/** Passwords, told this once: they are kept as hashes. */
export interface IssuedCredentials {
  items: IssuedCredential[]
}

/** Codes for a bad day, told this once; each is good once in the place of the telephone's. */
export interface KeptCodes {
  codes: string[]
}

/** What a button was pressed for; a word that is not here counts as other and is kept as said. */
export const Kind = ["panic", "violence", "intruder", "fire", "medical", "other"] as const
export type Kind = (typeof Kind)[number]

/** What a strip tells of; in the order in which strips stand below each other. */
export const Lane = ["breaches", "timetable", "gate", "lock", "post", "patrol", "visitors", "presses", "devices", "facts"] as const
export type Lane = (typeof Lane)[number]

/** In which language the board speaks. */
export const Language = ["zh", "en"] as const
export type Language = (typeof Language)[number]

/** A person is away. */
export interface Leave {
  id: number
  person: string
  person_name: string
  starts_at: Instant
  ends_at: Instant
  note: string
  saved_by: string
  saved_at: Instant
}

/** Who sets a number; a narrower level counts before a wider one. */
export const Level = ["national", "province", "city", "school"] as const
export type Level = (typeof Level)[number]

/** How the service hears a device: never yet, now, no more (silence), or told so (last will, `online: false`). */
export const Link = ["never", "online", "silent", "offline"] as const
export type Link = (typeof Link)[number]

/** Somebody whom a notice is meant for; without a channel nobody can reach them. */
export interface Listener {
  person: string
  person_name: string
  channel: string | null
  address: string | null
}

/** A token, told this once. */
export interface MadeToken {
  name: string
  token: string
}

/**
 * The operator's map under the schools: where a tile is, with `{z}`, `{x}` and `{y}`, and what its owner wants to
 * stand on it.
 */
export interface MapTiles {
  address: string
  attribution: string | null
}

/** What an item is. */
export const Mark = ["breach", "arrival", "lessons", "dismissal", "closing", "lights_out", "open", "shut", "unsure", "locked", "rostered", "present", "passing", "round", "visit", "press", "practice", "unheard", "tampered", "mains_lost", "blackout", "fact", "not_counted"] as const
export type Mark = (typeof Mark)[number]

/** The two kinds of picture that every telephone makes and every browser shows. */
export const MediaType = ["image/jpeg", "image/png"] as const
export type MediaType = (typeof MediaType)[number]

/** Whether a press is the real thing; a test or a drill needs an announced window. */
export const Mode = ["live", "test", "drill"] as const
export type Mode = (typeof Mode)[number]

/** How many buttons of a district came how far in a month; each figure counts buttons. */
export interface MonthFigures {
  district: string
  district_name: string
  devices: number
  pressed: number
  shown: number
  police: number
  receipted: number
  proved: number
  objected: number
  closed: number
}

/** The incident after a move. */
export interface Moved {
  incident: Incident
}

/** The card after a move. */
export interface MovedTask {
  task: Task
}

/** How often somebody was refused of whom no name of ours is known, and where the last one came from. */
export interface Nameless {
  last_at: Instant
  address: string
  attempts: number
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

/** A notice, what became of it, and who of its audience cannot be reached. */
export interface NoticeDetail {
  notice: NoticeProgress
  unreachable: Unreachable[]
}

/** One message of a notice. `attempt` counts the person's methods from 1, `attempts` how often it was tried. */
export interface NoticeMessage {
  id: number
  person: string
  person_name: string
  channel: string
  attempt: number
  state: string
  attempts: number
  queued_at: Instant
  due_at: Instant
  handed_over_at: Instant | null
  delivered_at: Instant | null
  seen_at: Instant | null
  error: string | null
}

/**
 * A notice and what became of it. `people` is how many it was meant for, `unreachable` how many of them no channel
 * reaches. Each of the others is in one of the last five, by the best that became of any message to them.
 */
export interface NoticeProgress {
  id: number
  title: string
  text: string
  sent_by: string
  sent_at: Instant
  audience: Audience
  people: number
  unreachable: number
  queued: number
  handed_over: number
  delivered: number
  seen: number
  failed: number
}

/** Whom a notice would tell: how many people, how many of them by which channel, and who cannot be reached. */
export interface NoticeReach {
  people: number
  channels: Record<string, number>
  unreachable: Listener[]
}

/**
 * Somebody who is on duty at a school at one instant. `source` is `holding` at a post without a roster, where no
 * span begins or ends.
 */
export interface OnDuty {
  post: string
  post_kind: PostKind
  post_name: string
  person: string
  person_name: string
  starts_at: Instant | null
  ends_at: Instant | null
  shift: string
  source: string
  instead_of: string | null
  instead_of_name: string | null
  assumed: boolean
}

/**
 * One thing that is open. `what` says what it is in the words of its kind: an incident's kind of press, an output,
 * a rule, a point, a title, a reason. `by` has it in hand. With the state `settled` it was open when somebody wrote a
 * note on it, and no more when they signed.
 */
export interface OpenItem {
  kind: OpenKind
  key: string
  state: string
  what: string
  detail: string
  school: string | null
  school_name: string | null
  district: string | null
  mode: Mode | null
  by: string | null
  since: Instant | null
  until: Instant | null
  note: string
}

/** What can be open, in the order in which it is told. */
export const OpenKind = ["incident", "output", "breach", "hazard", "device", "notice", "window", "hold"] as const
export type OpenKind = (typeof OpenKind)[number]

/**
 * What somebody proposed for the whole city, or did alone. `body` is what was asked for, `made` the number of the
 * notice, exception, policy or number of a rule that it became.
 */
export interface Order {
  id: number
  kind: OrderKind
  body: Record<string, unknown>
  state: OrderState
  proposed_by: string
  proposed_by_name: string
  proposed_at: Instant
  expires_at: Instant
  settled_by: string | null
  settled_at: Instant | null
  reason: string | null
  made: number | null
}

/** What is ordered for the whole city. */
export const OrderKind = ["notice", "day_exception", "day_exception_end", "policy", "policy_end", "quiet_hours", "channel", "rule_number", "rule_number_end"] as const
export type OrderKind = (typeof OrderKind)[number]

/** How far an order is. One whose time is over stays `pending` in the table, and is over all the same. */
export const OrderState = ["pending", "confirmed", "withdrawn", "alone"] as const
export type OrderState = (typeof OrderState)[number]

/**
 * What waits for a second person with a right of the caller's, and, for administrators, what others did alone and
 * they do not know of yet.
 */
export interface Orders {
  pending: PendingOrder[]
  alone: Order[]
}

/** What the inspector found: as it must be, otherwise, or that it could not be checked. */
export const Outcome = ["in_order", "not_in_order", "not_checked"] as const
export type Outcome = (typeof Outcome)[number]

/** What a device can do on site. */
export const Output = ["siren", "strobe", "lock", "voice"] as const
export type Output = (typeof Output)[number]

/**
 * A wish that an output of a device be on (until `until`, or until further notice) or off, and what became of it.
 *
 * `due_at` is when it is sent, or sent again; `confirm_by` when the device's next word is overdue, and
 * `unconfirmed_at` since when it is.
 */
export interface OutputCommand {
  id: number
  incident: number
  device: string
  output: Output
  on: boolean
  until: Instant | null
  requested_by: string
  requested_at: Instant
  state: OutputState
  due_at: Instant | null
  sends: number
  sent_at: Instant | null
  confirm_by: Instant | null
  confirmed_on_at: Instant | null
  confirmed_off_at: Instant | null
  unconfirmed_at: Instant | null
}

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

/** An override as people read it; see `alerts.domain.rosters.Override`. */
export interface OverrideItem {
  id: number
  post: string
  kind: OverrideKind
  starts_at: Instant
  ends_at: Instant
  person: string | null
  person_name: string | null
  instead_of: string | null
  instead_of_name: string | null
  swap: number | null
  note: string
  saved_by: string
  saved_at: Instant
}

/** What an override does: puts somebody in the place of others, or beside them, or leaves the place empty. */
export const OverrideKind = ["replace", "add", "nobody"] as const
export type OverrideKind = (typeof OverrideKind)[number]

/**
 * The caller's browsers that ring. `key` is what a browser is shown to be switched on, null where that is not set
 * up; `tied`: the account is a person's, so that alarms can call it.
 */
export interface OwnBrowsers {
  key: string | null
  tied: boolean
  items: BrowserRow[]
}

/** Since when the caller has a second factor, how many codes for a bad day are left, and whether they need one. */
export interface OwnFactor {
  since: Instant | null
  codes_left: number
  needed: boolean
}

/** Who runs a school. */
export const Ownership = ["public", "private"] as const
export type Ownership = (typeof Ownership)[number]

/** A number of a rule in force from a day on, and who put it there. */
export interface ParameterRow {
  id: number
  rule: string
  name: string
  level: Level
  school: string | null
  value: number
  source: string
  valid_from: string
  valid_until: string | null
  saved_by: string
  saved_at: Instant
}

/** Why a rule was not chosen: the condition that does not hold, or that a more specific rule holds too. */
export const PassedOver = ["mode", "place", "kind", "category", "school_kind", "hours", "less_specific"] as const
export type PassedOver = (typeof PassedOver)[number]

/** A rule that does not count for a press, and why. */
export interface PassedOverRule {
  rule: SavedRule
  why: PassedOver
}

/** One that waits, with the accounts of other people that may confirm it. */
export interface PendingOrder {
  id: number
  kind: OrderKind
  body: Record<string, unknown>
  state: OrderState
  proposed_by: string
  proposed_by_name: string
  proposed_at: Instant
  expires_at: Instant
  settled_by: string | null
  settled_at: Instant | null
  reason: string | null
  made: number | null
  confirmers: Confirmer[]
}

/** How long a report tells of. */
export const Period = ["day", "month", "term"] as const
export type Period = (typeof Period)[number]

/** All about one person: `deputies` stand in for them, they stand in for `deputised`. `duty` is by rosters. */
export interface PersonDetail {
  person: PersonItem
  methods: ContactMethod[]
  certificates: Certificate[]
  leave: Leave[]
  deputies: Deputy[]
  deputised: Deputy[]
  duty: PersonalDuty[]
  has_feed: boolean
}

/**
 * A person in a list. `working_methods`: verified ones on channels that are on; with none nobody can reach them.
 * `certificate_until` is when the first of their certificates ends.
 */
export interface PersonItem {
  code: string
  name: string
  phone: string
  posts: HeldPost[]
  methods: number
  working_methods: number
  away: boolean
  certificate_until: string | null
}

/** A channel by which one person can be reached. */
export interface PersonalChannel {
  code: string
  enabled: boolean
}

/** A span of a person's duty, with where it is. */
export interface PersonalDuty {
  post: string
  post_name: string
  post_kind: PostKind
  school: string | null
  school_name: string | null
  starts_at: Instant
  ends_at: Instant
  shift: string
  source: DutySource
  instead_of: string | null
  instead_of_name: string | null
  assumed: boolean
}

/**
 * When something is to be done: the national "1-3-5" (1 min self-help, 3 min mutual help, 5 min reinforcement), and
 * what comes before and after it.
 */
export const Phase = ["before", "self_help", "mutual_help", "reinforcement", "after"] as const
export type Phase = (typeof Phase)[number]

/** Whether the work of a phase was done in time. `unknown`: there was none, or all of it was skipped. */
export const PhaseOutcome = ["met", "not_met", "running", "unknown"] as const
export type PhaseOutcome = (typeof PhaseOutcome)[number]

/**
 * The 1-3-5 clock of one phase of an incident. `finished_at` is when the last of its cards was done, None while one
 * is not; `seconds` is that since the incident opened.
 */
export interface PhaseTiming {
  phase: Phase
  due_at: Instant | null
  tasks: number
  done: number
  skipped: number
  late: number
  finished_at: Instant | null
  seconds: number | null
  outcome: PhaseOutcome
}

/** A photo without its content. */
export interface PhotoHead {
  number: number
  media_type: MediaType
  size_bytes: number
  sha256: string
}

/** What a picture of a point is: its floor with the point marked, or how it looks there. */
export const PictureKind = ["sketch", "photo"] as const
export type PictureKind = (typeof PictureKind)[number]

/** A picture without its content: `point` is the point's number, `place` its name. */
export interface PictureRow {
  point: number
  place: string
  kind: PictureKind
  width: number
  height: number
  sha256: string
  saved_at: Instant
}

/**
 * One version of a plan whole, and all its versions, newest first. `version` is the one that is shown; `names` are
 * those of the people whom it names, by code.
 */
export interface PlanDetail {
  version: PlanHead
  responsibilities: Responsibility[]
  versions: PlanHead[]
  names: Record<string, string>
}

/**
 * A version of a plan without what it asks. `in_force` is the plan's version that holds today, None when none does;
 * `responsibilities` counts them. `sample`: invented, for trying only.
 */
export interface PlanHead {
  code: string
  school: string | null
  school_name: string | null
  version: number
  name: string
  name_en: string
  kinds: Kind[]
  valid_from: string
  valid_until: string | null
  sample: boolean
  saved_by: string
  saved_at: Instant
  in_force: number | null
  responsibilities: number
}

/** A place in a school, the devices that hang there, and how it looks. */
export interface PointDetail {
  id: number
  name: string
  kind: PointKind
  devices: DeviceDetail[]
  pictures: PictureRow[]
}

/** Where in a school a device hangs. */
export const PointKind = ["gatehouse", "control_room", "corridor", "dormitory", "office", "other"] as const
export type PointKind = (typeof PointKind)[number]

/** What stands open at 110, and which links are set up (`http`, `dc09`); without `http` 110 must be telephoned. */
export interface PoliceOverview {
  counts: HandoverCounts
  links: string[]
}

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

/** A rule of the whole city that shall count no more. */
export interface PolicyEnd {
  rule: Rule
}

/**
 * Whom presses call in the whole city: a new rule (`id` 0), or a new version of one. `instead_of` is what it takes
 * the place of: the version in force, the built-in policy (version 0), or None where the conditions are new.
 */
export interface PolicyOrder {
  rule: Rule
  instead_of: Rule | null
}

/**
 * A rule tried on a press that nobody made.
 *
 * `problem` keeps it from being saved; None: nothing does. `steps` is its first round at the school while nobody
 * answers, None without a school or while the policy is not whole; `reached_after_seconds` is None when nobody is
 * reached in it. `misfit` is why the rule would not count for that press, though it is tried on it.
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
 * A post in a list. Without a roster (`rostered`) its holders have it round the clock. `next_hole_at`: from when on
 * nobody at all is there.
 */
export interface PostItem {
  code: string
  kind: PostKind
  name: string
  district: string | null
  district_name: string | null
  school: string | null
  school_name: string | null
  zone: string
  rostered: boolean
  version: number | null
  expanded_until: Instant | null
  holders: number
  next_hole_at: Instant | null
}

/**
 * Posts that an escalation step can call: those of a school, of a district, and of the city.
 *
 * `guard` is 专职保安 (full-time guards), `guard_team` 护校队 (the school's guard team), `crossing_post` 护学岗.
 */
export const PostKind = ["school_duty", "principal", "duty_leader", "guard", "guard_team", "crossing_post", "district_desk", "supervisor", "city_desk", "police_link", "head_of_bureau"] as const
export type PostKind = (typeof PostKind)[number]

/** What was chosen; None is what was not. `shortcuts`: whether single keys do something on the board. */
export interface Preferences {
  language: Language | null
  theme: Theme | null
  shortcuts: boolean | null
  views: SavedView[] | null
}

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

/** A press that is on disk: `press` is its name, given or made, and `incident` the one that it opened or joined. */
export interface PressStored {
  press: string
  incident: number
  stage: Stage
  at: Instant
}

/** What can be wrong with a press. */
export const Problem = ["not_json", "not_object", "too_large", "bad_id", "bad_boot", "bad_seq", "bad_at", "bad_kind", "bad_mode", "no_window", "future", "unknown_device", "wrong_school", "wrong_district", "bad_topic", "no_such_press", "second_press_in_test"] as const
export type Problem = (typeof Problem)[number]

/** How many days of schools were judged, of how many. */
export interface Progress {
  done: number
  total: number
}

/** Whether somebody showed lately who they are. */
export interface ProofState {
  proved: boolean
}

/** In which language a browser is spoken to. */
export const PushLanguage = ["zh", "en"] as const
export type PushLanguage = (typeof PushLanguage)[number]

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

/** From `starts` to `ends` by the clock of `zone`, an IANA time zone; over midnight when `starts` is the later. */
export interface QuietHours {
  starts: string
  ends: string
  zone: string
}

/** When in the whole city what is not live waits; None: never. */
export interface QuietOrder {
  quiet: QuietHours | null
  instead_of: QuietHours | null
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

/** What is wrong. `alerts.readiness.coverage_words` says each in words. */
export const ReasonCode = ["no_post", "nobody_holds", "roster_gap", "roster_ends", "roster_empty", "on_leave", "deputy_on_leave", "no_method", "not_verified", "channel_off", "failing", "wrong_channel", "no_such_person", "no_neighbours", "neighbours_unreached", "nobody_on_duty", "only_police", "too_late"] as const
export type ReasonCode = (typeof ReasonCode)[number]

/**
 * What a change did to duty: of so many posts it was worked out anew, of so many the engines do it at once; `holes`
 * are in the coming days of the former.
 */
export interface Recalculated {
  posts: number
  left_to_engine: number
  holes: number
}

/** Which buttons 110's receipt was recorded for; the others have no test this month that waits for one. */
export interface ReceiptsRecorded {
  recorded: string[]
  not_waiting: string[]
}

/** Where a piece of evidence is kept. */
export const ReferenceKind = ["evidence", "fact", "device", "incident", "person", "post", "window", "hazard", "plan"] as const
export type ReferenceKind = (typeof ReferenceKind)[number]

/**
 * A board as it was at `at`, as the live feed's `snapshot` tells it. `cursor` is good for the replay alone; boards
 * are kept since `first_at`.
 */
export interface ReplayedBoard {
  type: "snapshot"
  cursor: string
  at: Instant
  first_at: Instant
  districts: District[]
  schools: SchoolItem[]
  incidents: Incident[]
  compliance: ComplianceItem[]
}

/** One `change` of the live feed, with when boards were told it. */
export interface ReplayedChange {
  type: "change"
  cursor: string
  at: Instant
  kind: string
  item: Record<string, unknown>
}

/** All changes up to `until`; with `next` there are more, after that cursor. */
export interface ReplayedChanges {
  items: ReplayedChange[]
  until: Instant
  next: string | null
}

/**
 * One line of a plan: what the post has to do.
 *
 * `person` does it wherever the plan holds, instead of whoever holds the post; `deputy` stands in. With `training` it
 * counts as covered only by somebody who was trained for the plan within a year, with a `certificate` only by somebody
 * who has one of that kind in date.
 */
export interface Responsibility {
  number: number
  phase: Phase
  text: string
  post: PostKind
  text_en: string
  person: string | null
  deputy: string | null
  training: boolean
  certificate: CertificateKind | null
}

/** How far one responsibility is covered over the whole city; it is asked for once at each place of its post. */
export interface ResponsibilityFigure {
  plan: string
  version: number
  number: number
  phase: Phase
  text: string
  text_en: string
  post: PostKind
  site: Site
  sample: boolean
  coverage: Tally
}

/**
 * What goes when: for how many days evidence and what could not be read are kept, and which are the oldest days
 * that are still whole today without a hold.
 */
export interface Retention {
  today: string
  evidence_days: number
  evidence_since: string
  quarantine_days: number
  quarantine_since: string
}

/** One kind of thing that somebody may do. */
export const Right = ["see", "press", "handle", "report", "inspect", "staff", "practise", "notify", "govern", "admit", "audit"] as const
export type Right = (typeof Right)[number]

/** Who somebody is. The first three stand in a school, the fourth for a district, the next two for the city. */
export const Role = ["guard", "duty_leader", "principal", "district_desk", "city_desk", "administrator", "auditor", "integration"] as const
export type Role = (typeof Role)[number]

/**
 * A post's shifts. People come `handover_minutes` before their shift begins. `around_the_clock`: somebody must
 * always be there, so a time without anybody is a hole.
 */
export interface Roster {
  shifts: Shift[]
  handover_minutes: number
  around_the_clock: boolean
}

/**
 * A post's roster, all that bears on it, and what will be missing. Without a roster the holders have the post
 * round the clock. `names` are those of everybody in the roster, by code.
 */
export interface RosterDetail {
  post: PostItem
  roster: RosterVersion | null
  history: RosterVersion[]
  names: Record<string, string>
  holders: Holder[]
  overrides: OverrideItem[]
  holes: HoleItem[]
  worries: RosterWorry[]
  unknown_years: UnknownYear[]
  has_feed: boolean
}

/** A roster as it was saved; without a definition it was taken away. `calendar` is an imported .ics. */
export interface RosterVersion {
  post: string
  version: number
  definition: Roster | null
  calendar: string | null
  saved_by: string
  saved_at: Instant
  expanded_until: Instant | null
}

/** Something to be worried about, and whom it is about. */
export interface RosterWorry {
  worry: Worry
  person: string
  person_name: string
}

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

/**
 * A number of a rule as it counts on the day: a default (`level` null), or what a level set in its place; and
 * between what it may be set (`whole`: to whole numbers).
 */
export interface RuleNumber {
  name: string
  zh: string
  en: string
  value: number
  unit: Unit
  source: string
  level: Level | null
  standing: Standing | null
  default: number
  valid_from: string | null
  valid_until: string | null
  smallest: number
  largest: number
  whole: boolean
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

/**
 * A rule that was not met at a school, from when it was seen until it was met again. `proof` are the reasons for
 * which it closed; `repeats` counts breaches of that rule there in the 30 days before. `zone` is the school's, by
 * which reasons tell the time.
 */
export interface SaidBreach {
  id: number
  school: string
  school_name: string
  district: string
  zone: string
  rule: string
  zh: string
  en: string
  on: string
  opened_at: Instant
  due_at: Instant
  owner: string | null
  owner_name: string | null
  owner_post: string | null
  repeats: number
  escalated_at: Instant | null
  closed_at: Instant | null
  reasons: SaidRuleReason[]
  references: EvidenceReference[]
  proof: SaidRuleReason[]
}

/**
 * A line of the list: how the rule stood when the visit began and why, and what would make it met. `lasts`: a look
 * settles it until it expires; else it tells of its moment alone. `photo`: a look without one is a form.
 */
export interface SaidCheck {
  rule: string
  group: Group | null
  zh: string
  en: string
  verdict: Verdict
  reasons: SaidRuleReason[]
  mend: SaidRuleReason[]
  lasts: boolean
  photo: boolean
}

/**
 * What a live press would do if nobody answered. `reached_after_seconds` is null when no step of the first round
 * reaches a person.
 */
export interface SaidExplanation {
  effective: EffectivePolicy
  steps: SaidStep[]
  reached_after_seconds: number | null
  within_seconds: number
  covered: boolean
}

/**
 * A stretch in which presses reach nobody in time, or not those whom the first step wants, in words too.
 *
 * `kinds` are the kinds of press; empty, all. `lasts`: it goes on beyond what was looked at.
 */
export interface SaidHole {
  id: number
  school: string
  school_name: string
  district: string
  finding: Finding
  zh: string
  en: string
  kinds: Kind[]
  starts_at: Instant
  ends_at: Instant
  lasts: boolean
  reasons: SaidReason[]
  found_at: Instant
}

/**
 * A visit: who, when, how far the telephone was from the school (null: it did not say), what there was to look at
 * when it began, and every answer; one stands while `corrected_by` is null.
 */
export interface SaidInspection {
  id: number
  school: string
  school_name: string
  zone: string
  by: string
  opened_at: Instant
  ended_at: Instant | null
  metres: number | null
  checklist: SaidCheck[]
  answers: AnswerRow[]
}

/** Why somebody is not reached, in parts and in words (`zh`, `en`). What is null does not belong to the code. */
export interface SaidReason {
  code: ReasonCode
  post: string | null
  post_name: string | null
  post_kind: PostKind | null
  person: string | null
  person_name: string | null
  at: Instant | null
  channels: string[]
  seconds: number | null
  zh: string
  en: string
}

/** A reason by its code and in words, times by the school's clock. */
export interface SaidRuleReason {
  code: string
  zh: string
  en: string
}

/** A step as it would fire. `empty`: it tells nobody, so the next one follows at once. `police`: 110 is told. */
export interface SaidStep {
  step: number
  after_seconds: number
  at: Instant
  targets: string[]
  only_channels: string[]
  calls: ExplainedCall[]
  reasons: SaidReason[]
  police: boolean
  empty: boolean
  outputs: ExplainedOutput[]
}

/** What a number does to the last closed days, the first one first. Schools are those with most days first. */
export interface SaidTrial {
  schools: number
  days: TriedDay[]
  flips: FlippedSchool[]
}

/** A day that was entered, and what became of duty. */
export interface SavedDay {
  day: CalendarDay
  duty: Recalculated
}

/** A person's deputies, and what became of duty. */
export interface SavedDeputies {
  deputies: Deputy[]
  duty: Recalculated
}

/** Leave, and what became of duty. */
export interface SavedLeave {
  leave: Leave
  duty: Recalculated
}

/** Overrides that were saved (of a swap both), and what became of duty. */
export interface SavedOverride {
  overrides: OverrideItem[]
  duty: Recalculated
}

/** A version that was saved, and what became of the duty. */
export interface SavedRoster {
  version: RosterVersion
  duty: Recalculated
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

/** What saving did: `changed` is false when the newest version said the same already. */
export interface SavedVersion {
  code: string
  version: number
  changed: boolean
}

/** What somebody looks for again and again: `query` ends the board's address, and is known by a name. */
export interface SavedView {
  name: string
  query: string
}

/**
 * Every rule at a school, now (`version` null) or as recorded of a closed day, with that day's versions. `at` is
 * null when it was not judged on the day: then everything is unknown.
 */
export interface SchoolCompliance {
  school: string
  on: string
  at: Instant | null
  zone: string
  version: number | null
  tally: VerdictCount
  groups: Record<string, Verdict>
  rules: SchoolRule[]
  amendments: Amendment[]
}

/** Every responsibility by which a school acts, each with its gaps; with those of its district and the city. */
export interface SchoolCoverage {
  at: Instant
  school: string
  sample: boolean
  plans: SchoolPlan[]
  asked: number
  covered: number
  items: CoveredResponsibility[]
}

/**
 * A school's day from its midnight to the next, by its own clock (`zone`), as it is known at `now` by what has come
 * in since; `over`: nothing more can happen on it. `names` are what posts, points, devices and people are called.
 */
export interface SchoolDayTimeline {
  school: string
  on: string
  zone: string
  starts_at: Instant
  ends_at: Instant
  now: Instant
  over: boolean
  in_session: boolean
  timetable: number | null
  strips: DayStrip[]
  names: Record<string, string>
}

/**
 * A school's own page: `duty` are the people who hold its posts, `gates` how they stand now, `incidents` those that
 * are not closed.
 */
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
  gates: GateNow[]
  incidents: Incident[]
  cameras: Camera[]
}

/** How far the responsibilities of a school's own posts are covered. */
export interface SchoolFigure {
  code: string
  coverage: Tally
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

/** A version of a plan by which somebody acts now. */
export interface SchoolPlan {
  plan: string
  version: number
  sample: boolean
}

/**
 * A rule at a school: `mend` is what would make it met, `look_again_at` when it may change by itself. `since` is
 * when the verdict became what it is, null for a closed day; `breach` the open one.
 */
export interface SchoolRule {
  rule: string
  group: Group | null
  zh: string
  en: string
  verdict: Verdict
  since: Instant | null
  reasons: SaidRuleReason[]
  references: EvidenceReference[]
  mend: SaidRuleReason[]
  look_again_at: Instant | null
  breach: number | null
}

/** Where on a screen an incident stood. */
export const Screen = ["takeover", "list", "wall"] as const
export type Screen = (typeof Screen)[number]

/**
 * Where somebody is signed in: from which address, with which program, and when it was last in use, within minutes;
 * `current` is the one that asks.
 */
export interface SessionRow {
  id: number
  created_at: Instant
  seen_at: Instant
  expires_at: Instant
  address: string
  agent: string
  current: boolean
}

/**
 * A shift. `starts` and `ends` are HH:MM on the school's wall clock, `weekdays` 1 (Monday) to 7, those on which it
 * starts. From the day `since` on each turn has `turn_days` days, then the next one follows; all people of a turn are
 * on duty together.
 */
export interface Shift {
  name: string
  starts: string
  ends: string
  turns: (string[])[]
  since: string
  turn_days: number
  weekdays: number[]
  days: DayFilter
}

/** What a hand-over signed now would say of a desk, and which of its hand-overs nobody has received. */
export interface ShiftDraft {
  at: Instant
  counts: Record<string, number>
  items: OpenItem[]
  waiting: ShiftHandoverHead[]
}

/** A hand-over as it was signed; nothing of it changes but that somebody receives it. */
export interface ShiftHandover {
  id: number
  district: string | null
  school: string | null
  handed_at: Instant
  handed_by: string
  handed_by_name: string
  remark: string
  counts: Record<string, number>
  items: OpenItem[]
  received_at: Instant | null
  received_by: string | null
  received_by_name: string | null
  received_remark: string | null
}

/** A hand-over in a list: whose place, who signed it when, how much was open, and who received it. */
export interface ShiftHandoverHead {
  id: number
  district: string | null
  school: string | null
  handed_at: Instant
  handed_by: string
  handed_by_name: string
  counts: Record<string, number>
  received_at: Instant | null
  received_by: string | null
  received_by_name: string | null
}

/**
 * A live incident stood on a screen in a state of it; `seen_at` is when somebody first touched something there
 * while it did. A screen without hands never says so.
 */
export interface Showing {
  incident: number
  round: number
  state: State
  session: number
  screen: Screen
  account: string
  account_name: string
  shown_at: Instant
  seen_at: Instant | null
}

/** Which devices are asked for. */
export const Shown = ["none", "current", "changing", "ended", "trying", "unused"] as const
export type Shown = (typeof Shown)[number]

/** One thing that was changed, whose owner must learn of it. */
export const SignInChange = ["password", "factor_on", "factor_off", "identity_tied", "identity_untied", "person_tied", "person_untied"] as const
export type SignInChange = (typeof SignInChange)[number]

/** What was changed lately of how somebody signs in, the newest first, and whom to call about it. */
export interface SignInChanges {
  items: ChangeRow[]
  call: string[]
}

/**
 * Who is signed in, what they may do, and whom they stand for: a school, a district, or with neither the city; by
 * what they can show once more who they are: a password, the operator's provider, or either; and the map that they
 * see under the schools, if there is one. With `first_password` somebody else chose theirs, and they choose their own
 * before anything else but a live alarm. `unseen_changes` of how they sign in they have not said that they know.
 * `preferences` are told here, so that the page asks for nothing more before it shows itself as they like it.
 */
export interface SignedIn {
  name: string
  display_name: string
  role: Role
  rights: Right[]
  district: string | null
  school: string | null
  password: boolean
  provider: boolean
  tiles: MapTiles | null
  first_password: boolean
  unseen_changes: number
  preferences: Preferences
}

/** Where a post is: at each school, in each district, or once in the city. */
export const Site = ["school", "district", "city"] as const
export type Site = (typeof Site)[number]

/** The way by which something came in; only what came by MQTT can be answered at a button. */
export const Source = ["mqtt", "http"] as const
export type Source = (typeof Source)[number]

/** By what schools are told apart. */
export const Split = ["city", "district", "kind", "ownership", "group"] as const
export type Split = (typeof Split)[number]

/** What became of a press, as told to its button. */
export const Stage = ["received", "seen", "coming", "closed"] as const
export type Stage = (typeof Stage)[number]

/** How sure the source of a default is: read in a public source, known from memory and to be checked, or our own. */
export const Standing = ["confirmed", "from_memory", "ours"] as const
export type Standing = (typeof Standing)[number]

/** Contract, "Incident states". */
export const State = ["open", "acknowledged", "responding", "closed"] as const
export type State = (typeof State)[number]

/** What the station was, or is to be, told of an incident. */
export interface StationEvent {
  id: number
  incident: number
  code: number
  qualifier: number
  live: boolean
  state: string
  sequence: number | null
  queued_at: Instant
  due_at: Instant
  attempts: number
  acknowledged_at: Instant | null
  error: string | null
}

/**
 * One step: these targets are told `after_seconds` after the round began (see `alerts.domain.targets`).
 *
 * `channels` are the only ones by which the step reaches people; empty, each person's own order counts. `outputs` go
 * on at the incident's school, for `output_seconds` (None: until the incident closes); they never count as people.
 */
export interface Step {
  after_seconds: number
  targets: string[]
  channels: string[]
  outputs: string[]
  output_seconds: number | null
}

/** A receipt for an unknown message, as people see it. */
export interface StrayRow {
  id: number
  channel: string
  provider_id: string
  state: string
  error: string | null
  received_at: Instant
}

/**
 * How a device was, from an instant until another; `heard` is false while no gateway listened to anybody: then its
 * link is what was last known.
 */
export interface Stretch {
  since: Instant
  until: Instant
  link: Link
  troubles: Trouble[]
  heard: boolean
}

/**
 * How often responsibilities are asked for, how often somebody could do them now, and how often which gap is there;
 * one that is not covered can have several.
 */
export interface Tally {
  asked: number
  covered: number
  on_leave: number
  unreachable: number
  untrained: number
  nobody: number
  not_exercised: number
  uncertified: number
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

/**
 * A card; each field is a column of the table of the same name.
 *
 * `person` is None while nobody holds the post. `due_at` is None for what is not timed. `overdue_at` is when it was
 * noted that the time is up, `settled_at` and `settled_by` when and by whom it was done or skipped.
 */
export interface Task {
  id: number
  incident: number
  plan: string
  version: number
  number: number
  phase: Phase
  text: string
  text_en: string
  post: PostKind
  site: string
  person: string | null
  person_name: string | null
  state: TaskState
  opened_at: Instant
  due_at: Instant | null
  overdue_at: Instant | null
  settled_at: Instant | null
  settled_by: string | null
  note: string | null
}

/** A card as it is shown at an instant. `late`: it was not done in time, or is not done and its time is up. */
export interface TaskCard {
  id: number
  incident: number
  plan: string
  version: number
  number: number
  phase: Phase
  text: string
  text_en: string
  post: PostKind
  site: string
  person: string | null
  person_name: string | null
  state: TaskState
  opened_at: Instant
  due_at: Instant | null
  overdue_at: Instant | null
  settled_at: Instant | null
  settled_by: string | null
  note: string | null
  late: boolean
}

/** What became of a card. `left_open`: the incident was closed over it; it may still be done, and then counts. */
export const TaskState = ["open", "done", "skipped", "left_open"] as const
export type TaskState = (typeof TaskState)[number]

/** A test press: when, and in which incident. */
export interface TestMoment {
  at: Instant
  incident: number
}

/** The figures of a month: the whole city, and by district. */
export interface TestMonth {
  month: string
  city: MonthFigures
  districts: MonthFigures[]
}

/** How bright the board is; `auto` as the machine wishes. */
export const Theme = ["auto", "light", "dark"] as const
export type Theme = (typeof Theme)[number]

/** Something that happened: `detail` is what the log says of it, without the incident itself. */
export interface TimelineEntry {
  position: number
  at: Instant
  actor: string
  actor_name: string
  kind: string
  detail: Record<string, unknown>
}

/** A program that may come in; its secret is known to nobody here. */
export interface TokenRow {
  name: string
  rights: Right[]
  district: string | null
  school: string | null
  created_at: Instant
}

/** A training as it is listed. */
export interface TrainingRow {
  person: string
  person_name: string
  plan: string
  trained_on: string
  saved_by: string
  saved_at: Instant
}

/** How many schools had which verdict of a rule on a day. */
export interface TrendPoint {
  on_date: string
  rule: string
  met: number
  not_met: number
  unknown: number
  declared: number
  not_applicable: number
}

/** A line of the answer: how far the trial is, or, in the last one, what came of it. */
export interface TrialLine {
  progress: Progress | null
  result: SaidTrial | null
}

/**
 * What a rule comes to on a closed day by the numbers of that day (`before`), and with the tried one in its place
 * (`after`); `flips` are the schools that come out otherwise.
 */
export interface TriedDay {
  on: string
  before: VerdictCount
  after: VerdictCount
  flips: number
}

/** What a device says is wrong with it. */
export const Trouble = ["low_battery", "mains_lost", "tamper"] as const
export type Trouble = (typeof Trouble)[number]

/** What a number counts. */
export const Unit = ["people", "students", "times", "pieces", "devices", "seconds", "minutes", "hours", "days", "months", "percent", "per_mille", "centimetres"] as const
export type Unit = (typeof Unit)[number]

/** A year whose holidays nobody told the service; weekends alone count as days off in it. */
export interface UnknownYear {
  year: number
  advice: string
}

/** Somebody whom a notice was meant for and whom no channel reaches. */
export interface Unreachable {
  person: string
  person_name: string
}

/** A post with a roster where nobody is on duty. */
export interface VacantPost {
  post: string
  post_kind: PostKind
  post_name: string
}

/** `unknown`: there is no evidence. `declared`: a form says so, and nothing else. Neither is ever counted as met. */
export const Verdict = ["met", "not_met", "unknown", "declared", "not_applicable"] as const
export type Verdict = (typeof Verdict)[number]

/** How many schools, or rules, have which verdict. */
export interface VerdictCount {
  met: number
  not_met: number
  unknown: number
  declared: number
  not_applicable: number
}

/** How 110's answer came. */
export const Via = ["wire", "phone"] as const
export type Via = (typeof Via)[number]

/** A number that somebody wants in force: of which rule, at which level, from when on, and who says so. */
export interface Wanted {
  rule: string
  name: string
  level: Level
  value: number
  source: string
  valid_from: string
  valid_until: string | null
  school: string | null
}

/** Somebody who looks at an incident, since when, and whether they write a note. */
export interface Watcher {
  account: string
  name: string
  doing: Doing
  since: Instant
}

/** How 110 was spoken to: by telephone, with the number of the call, or over the police link. */
export const Way = ["phone", "link"] as const
export type Way = (typeof Way)[number]

/** Whether people may sign in at the operator's provider, too, and what it is called. */
export interface WaysIn {
  provider: boolean
  name: string | null
}

/**
 * An announced window for tests or drills of a school, a district, or with neither of the whole city.
 *
 * `announced_to_police`: 110 was told of it before it began (rule A4), with the four fields that say how.
 */
export interface Window {
  id: number
  mode: Mode
  district: string | null
  school: string | null
  starts_at: Instant
  ends_at: Instant
  announced_by: string
  announced_at: Instant
  note: string
  police_notified_at: Instant | null
  police_notified_by: string | null
  police_notified_how: Way | null
  police_reference: string
  announced_to_police: boolean
}

/**
 * What may be wrong with people whom a roster names: they do not hold the post (`team:` targets pass them by), or
 * no verified method reaches them.
 */
export const Worry = ["not_holder", "unreachable"] as const
export type Worry = (typeof Worry)[number]
