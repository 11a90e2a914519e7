/** What policies say, in the words of the person's language. */

import type { Hours, Rule, Step } from '../../lib/contract'
import { PostKind } from '../../lib/contract'
import { t, word } from '../../lib/i18n'
import { name, say } from './words'

/** Targets that a person can choose from, by the group in which they are offered; people by name come besides. */
export const CHOICES = {
  'edit.group-service': ['police', 'on_duty', 'district', 'city'],
  'edit.group-posts': PostKind.map((post) => `post:${post}`),
  'edit.group-teams': PostKind.filter((post) => post.startsWith('guard') || post === 'crossing_post').map((post) => `team:${post}`),
  'edit.group-neighbours': ['neighbours:group', 'neighbours:500', 'neighbours:1000', 'neighbours:2000', 'neighbours:5000'],
} as const

export function nameTarget(target: string, people: ReadonlyMap<string, string> = new Map()): string {
  const [kind = '', rest = ''] = target.split(/:(.*)/s)
  if (kind === 'post' || kind === 'team') return say(`target.${kind}`, { post: word('post', rest) })
  if (kind === 'person') return say('target.person', { person: people.get(rest) ?? rest })
  if (kind !== 'neighbours') return name('target', kind)
  return rest === 'group' ? say('target.neighbours-group') : say('target.neighbours', { metres: rest })
}

export const nameChannels = (channels: readonly string[]): string =>
  channels.map((channel) => word('channel', channel)).join(t('app.comma'))

export const nameOutputs = (outputs: readonly string[]): string =>
  outputs.map((output) => word('output', output)).join(t('app.comma'))

/** What a step switches on on site, and for how long. */
export function nameDriven({ outputs, output_seconds: seconds }: Step): string {
  const what = nameOutputs(outputs)
  return seconds === null ? say('step.outputs', { outputs: what }) : say('step.outputs-for', { outputs: what, n: seconds })
}

export function nameHours({ starts, ends, weekdays }: Hours): string {
  const days = weekdays.map((day) => name('weekday', String(day))).join(t('app.comma'))
  const [from, to] = [starts.slice(0, 5), ends.slice(0, 5)]
  const span = say(from < to ? 'hours.span' : 'hours.next-day', { starts: from, ends: to })
  return days ? `${days} ${span}` : span
}

/** The conditions of a rule, in one line. */
export function nameConditions(rule: Pick<Rule, 'category' | 'kind' | 'school_kind' | 'hours'>): string {
  const parts: string[] = []
  if (rule.kind) parts.push(word('kind', rule.kind))
  if (rule.category) parts.push(name('category', rule.category))
  if (rule.school_kind) parts.push(word('schoolkind', rule.school_kind))
  if (rule.hours) parts.push(nameHours(rule.hours))
  return parts.length > 0 ? parts.join(' · ') : say('always')
}
