/** What an item of a school's day is called, and the sentence that stands for it. */

import type { DayItem } from '../../lib/contract'
import { prefs } from '../../lib/prefs.svelte'
import { name, say } from './daywords'
import { choose } from './naming.svelte'

export type Names = Readonly<Record<string, string>>
export type Clock = (at: string) => string

/** `保安室 (S1:guard)`; what nobody named is called by its code. */
export const nameOf = (code: string, names: Names): string => (names[code] ? `${names[code]} (${code})` : code)

export function nameLane(lane: string, subject: string, names: Names): string {
  return name('lane', lane).replace('{name}', nameOf(subject, names))
}

/** Who or what it is about, beside what it is. */
export function nameSubject(item: DayItem, names: Names): string {
  if (item.mark === 'breach') return item.rule ? `${item.rule.code} ${choose(item.rule)}` : item.who
  if (item.mark === 'fact') return [name('fact', item.subject), item.who].join(' ')
  const who = item.who ? nameOf(item.who, names) : ''
  const here = ['open', 'shut', 'unsure', 'locked', 'rostered', 'present'].includes(item.mark) ? '' : nameOf(item.subject, names)
  return [who, here].filter(Boolean).join(' · ')
}

/** What must be known of it beside its time: whether it counts, is late, goes on. */
export function listNotes(item: DayItem): string[] {
  const doubts = item.doubts.map((doubt) => name('doubt', doubt))
  return [
    ...(item.times > 1 ? [say('times', { n: item.times })] : []),
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
