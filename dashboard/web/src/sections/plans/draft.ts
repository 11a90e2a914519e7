/** A plan while somebody writes it: what the form holds, and what is sent of it. Pure. */

import type { CertificateKind, Kind, Phase, PlanDetail, PostKind } from '../../lib/contract'

export interface DraftLine {
  /** Tells lines apart while they are moved and removed. */
  key: number
  number: number | null
  phase: Phase
  text: string
  textEn: string
  post: PostKind
  person: string
  deputy: string
  training: boolean
  certificate: CertificateKind | ''
}

export interface PlanDraft {
  code: string
  name: string
  nameEn: string
  kinds: Kind[]
  scope: 'city' | 'school'
  school: string
  validFrom: string
  validUntil: string
  sample: boolean
  lines: DraftLine[]
}

let keys = 0
const nextKey = () => (keys += 1)

/** A line that follows the others: the next number, and the phase and post of the one before it. */
export function newLine(lines: readonly DraftLine[]): DraftLine {
  const before = lines[lines.length - 1]
  return {
    key: nextKey(),
    number: Math.max(0, ...lines.map(({ number }) => number ?? 0)) + 1,
    phase: before?.phase ?? 'self_help',
    text: '',
    textEn: '',
    post: before?.post ?? 'school_duty',
    person: '',
    deputy: '',
    training: true,
    certificate: '',
  }
}

export function newDraft(today: string): PlanDraft {
  return {
    code: '',
    name: '',
    nameEn: '',
    kinds: [],
    scope: 'city',
    school: '',
    validFrom: today,
    validUntil: '',
    sample: false,
    lines: [newLine([])],
  }
}

/** What a next version begins with: all of this one. It holds from `today`, or from a day to come that was said. */
export function draftOf({ version, responsibilities }: PlanDetail, today: string): PlanDraft {
  return {
    code: version.code,
    name: version.name,
    nameEn: version.name_en,
    kinds: [...version.kinds],
    scope: version.school ? 'school' : 'city',
    school: version.school ?? '',
    validFrom: version.valid_from > today ? version.valid_from : today,
    validUntil: version.valid_until ?? '',
    sample: version.sample,
    lines: responsibilities.map((one) => ({
      key: nextKey(),
      number: one.number,
      phase: one.phase,
      text: one.text,
      textEn: one.text_en,
      post: one.post,
      person: one.person ?? '',
      deputy: one.deputy ?? '',
      training: one.training,
      certificate: one.certificate ?? '',
    })),
  }
}

/** A number left empty is sent as 0, so that the service says what it should be. */
export function planOf(draft: PlanDraft, replaces: number) {
  return {
    name: draft.name.trim(),
    name_en: draft.nameEn.trim(),
    kinds: [...draft.kinds],
    school: draft.scope === 'school' ? draft.school : null,
    valid_from: draft.validFrom,
    valid_until: draft.validUntil || null,
    sample: draft.sample,
    replaces,
    responsibilities: draft.lines.map((line) => ({
      number: Math.trunc(line.number ?? 0),
      phase: line.phase,
      text: line.text.trim(),
      text_en: line.textEn.trim(),
      post: line.post,
      person: line.person || null,
      deputy: line.deputy || null,
      training: line.training,
      certificate: line.certificate || null,
    })),
  }
}

const CODE = /^[A-Za-z0-9_-]{1,64}$/

/** What a plan cannot be sent without: a code that can stand in an address, and the school that it says it is for. */
export function findLacking({ code, scope, school }: PlanDraft): 'code' | 'school' | null {
  if (!CODE.test(code.trim())) return 'code'
  return scope === 'school' && school === '' ? 'school' : null
}

/** What is sent to take a plan out of force: the same once more, whose last day was yesterday. */
export function ended(detail: PlanDetail, yesterday: string) {
  const { valid_from } = detail.version
  const validFrom = valid_from < yesterday ? valid_from : yesterday
  return planOf({ ...draftOf(detail, validFrom), validFrom, validUntil: yesterday }, detail.versions[0]!.version)
}

/** The lines with two neighbours in each other's place: their numbers stay where they are. */
export function swap(lines: readonly DraftLine[], at: number, by: -1 | 1): DraftLine[] {
  const [one, other] = [lines[at], lines[at + by]]
  if (!one || !other) return [...lines]
  const moved = [...lines]
  moved[at] = { ...other, number: one.number }
  moved[at + by] = { ...one, number: other.number }
  return moved
}

/** The line that a field of the service's refusal speaks of, such as `body.responsibilities.3.text`. */
export function lineOf(lines: readonly DraftLine[], field: string): DraftLine | undefined {
  const place = /^body\.responsibilities\.(\d+)\./.exec(field)?.[1]
  return place === undefined ? undefined : lines[Number(place)]
}
