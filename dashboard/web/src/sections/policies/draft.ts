/** A policy while somebody writes it: what the form holds, and what is sent of it. Pure. */

import type { Category, Kind, Mode, Policy, Rule, SchoolKind, Step } from '../../lib/contract'

export type Scope = 'city' | 'district' | 'school'

export interface DraftStep {
  /** Tells steps apart while they are moved and removed. */
  key: number
  after: number | null
  targets: string[]
  channels: string[]
  /** What goes on on site, and for how long; without a time until the incident closes. */
  outputs: string[]
  outputSeconds: number | null
}

export interface Draft {
  mode: Mode
  scope: Scope
  district: string
  school: string
  name: string
  /** Empty, `category:fire` or `kind:panic`: one field, for a rule has one of them at the most. */
  said: string
  schoolKind: SchoolKind | ''
  timed: boolean
  starts: string
  ends: string
  weekdays: number[]
  steps: DraftStep[]
  repeats: boolean
  repeatAfter: number | null
  acknowledgement: number | null
  takers: number | null
  withoutPolice: boolean
}

let keys = 0

export function newStep(after: number | null, said: Partial<Step> = {}): DraftStep {
  keys += 1
  return {
    key: keys,
    after,
    targets: [...(said.targets ?? [])],
    channels: [...(said.channels ?? [])],
    outputs: [...(said.outputs ?? [])],
    outputSeconds: said.output_seconds ?? null,
  }
}

function builtInStep(after_seconds: number, ...targets: string[]): Step {
  return { after_seconds, targets, channels: [], outputs: [], output_seconds: null }
}

export function newDraft(): Draft {
  return draftOf({
    mode: 'live',
    name: '',
    district: null,
    school: null,
    category: null,
    kind: null,
    school_kind: null,
    hours: null,
    definition: {
      steps: [
        builtInStep(0, 'police', 'post:school_duty', 'post:duty_leader', 'post:guard'),
        builtInStep(30, 'district'),
        builtInStep(60, 'city'),
      ],
      repeat_after_seconds: 60,
      acknowledgement_seconds: 300,
      takers_needed: 1,
      without_police: false,
    },
  })
}

export function draftOf(rule: Omit<Rule, 'id' | 'version'>): Draft {
  const { definition, hours } = rule
  return {
    mode: rule.mode,
    scope: rule.school ? 'school' : rule.district ? 'district' : 'city',
    district: rule.district ?? '',
    school: rule.school ?? '',
    name: rule.name,
    said: rule.kind ? `kind:${rule.kind}` : rule.category ? `category:${rule.category}` : '',
    schoolKind: rule.school_kind ?? '',
    timed: hours !== null,
    starts: hours?.starts.slice(0, 5) ?? '18:00',
    ends: hours?.ends.slice(0, 5) ?? '07:00',
    weekdays: [...(hours?.weekdays ?? [])],
    steps: definition.steps.map((step) => newStep(step.after_seconds, step)),
    repeats: definition.repeat_after_seconds !== null,
    repeatAfter: definition.repeat_after_seconds ?? 60,
    acknowledgement: definition.acknowledgement_seconds,
    takers: definition.takers_needed,
    withoutPolice: definition.without_police,
  }
}

/** A field left empty is sent as 0, so that the service says what it should be. */
const number = (said: number | null): number => Math.trunc(said ?? 0)

export function definitionOf(draft: Draft): Policy {
  return {
    steps: draft.steps.map((step) => ({
      after_seconds: number(step.after),
      targets: [...step.targets],
      channels: [...step.channels],
      outputs: [...step.outputs],
      output_seconds: step.outputs.length === 0 || step.outputSeconds === null ? null : number(step.outputSeconds),
    })),
    repeat_after_seconds: draft.repeats ? number(draft.repeatAfter) : null,
    acknowledgement_seconds: number(draft.acknowledgement),
    takers_needed: number(draft.takers),
    without_police: draft.withoutPolice,
  }
}

/** What a rule says besides its mode and place. */
export function conditionsOf(draft: Draft) {
  const [what, which] = draft.said.split(':')
  return {
    name: draft.name.trim(),
    category: what === 'category' ? (which as Category) : null,
    kind: what === 'kind' ? (which as Kind) : null,
    school_kind: draft.scope === 'school' || draft.schoolKind === '' ? null : draft.schoolKind,
    hours: draft.timed ? { starts: draft.starts, ends: draft.ends, weekdays: [...draft.weekdays] } : null,
    definition: definitionOf(draft),
  }
}

/** What is sent of a rule, whether it was saved or not. */
export type RuleWish = ReturnType<typeof ruleOf>

export function ruleOf(draft: Draft) {
  return {
    ...conditionsOf(draft),
    mode: draft.mode,
    school: draft.scope === 'school' ? draft.school || null : null,
    district: draft.scope === 'district' ? draft.district || null : null,
  }
}

/** Whether the draft names the place that it says it is for. */
export function hasPlace(draft: Draft): boolean {
  return draft.scope === 'city' || (draft.scope === 'district' ? draft.district !== '' : draft.school !== '')
}

/** When the next step would come: as long after the last one as that came after the one before it. */
export function nextDelay(steps: readonly DraftStep[]): number {
  const [before, last] = [steps[steps.length - 2]?.after ?? 0, steps[steps.length - 1]?.after ?? 0]
  return steps.length === 0 ? 0 : last + Math.max(30, last - before)
}
