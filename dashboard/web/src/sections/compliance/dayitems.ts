/** What an item of a school's day is called, and the sentence that stands for it. */

import type { DayItem } from '../../lib/contract'
import { prefs } from '../../lib/prefs.svelte'
import { name, say } from './daywords'
import { choose } from './naming.svelte'

export type Names = Readonly<Record<string, string>>
export type Clock = (at: string) => string

/** Of these the strip says already where they are. */
const ON_ITS_OWN = ['open', 'shut', 'unsure', 'locked', 'rostered', 'present']

/** `保安室 (S1:guard)`; what nobody named is called by its code. */
export const nameOf = (code: string, names: Names): string => (names[code] ? `${names[code]} (${code})` : code)

export function nameLane(lane: string, subject: string, names: Names): string {
  const called = lane === 'post' ? (names[subject] ?? subject) : nameOf(subject, names)
  return name('lane', lane).replace('{name}', called)
}

/** As much as fits on the strip: who or what, without codes. */
export function nameShortly(item: DayItem, names: Names): string {
  if (['arrival', 'lessons', 'dismissal', 'closing', 'lights_out'].includes(item.mark)) return name('mark', item.mark)
  if (item.who && item.mark !== 'breach') return names[item.who] ?? item.who
  return nameSubject(item, names) || name('mark', item.mark)
}

/** Who or what it is about, beside what it is. */
export function nameSubject(item: DayItem, names: Names): string {
  if (item.mark === 'breach') return item.rule ? `${item.rule.code} ${choose(item.rule)}` : item.who
  if (item.mark === 'fact') return [name('fact', item.subject), item.who].join(' ')
  const who = item.who ? nameOf(item.who, names) : ''
  const points = item.mark === 'passing' ? item.subject.split(' ') : [item.subject]
  const here = ON_ITS_OWN.includes(item.mark) ? '' : points.map((code) => nameOf(code, names)).join(', ')
  return [who, here].filter(Boolean).join(' · ')
}

/** What must be known of it beside its time: whether it counts, is late, goes on. */
export function listNotes(item: DayItem): string[] {
  const doubts = item.doubts.map((doubt) => name('doubt', doubt))
  return [
    ...(item.times > 1 && item.mark !== 'passing' ? [say('times', { n: item.times })] : []),
    ...(item.goes_on ? [say('still-on')] : []),
    ...(item.late ? [say('late')] : []),
    ...(item.doubts.length > 0 && item.mark !== 'not_counted' ? [say('not-whole')] : []),
    ...doubts,
  ]
}

/** The whole of it in one sentence. */
export function describe(item: DayItem, names: Names, clock: Clock): string {
  const time = item.until === null ? clock(item.since) : `${clock(item.since)} – ${clock(item.until)}`
  const comma = prefs.language === 'zh' ? '，' : ', '
  return [`${name('mark', item.mark)} ${nameSubject(item, names)}`.trim(), time, ...listNotes(item)].join(comma)
}
