/** What a hand-over says of one thing that is open, in words. Pure. */

import type { OpenItem, OpenKind } from '../../lib/contract'
import { word } from '../../lib/i18n'
import { sectionPath, writeRoute } from '../../lib/route.svelte'
import { name, say } from './words'

export interface Group {
  kind: OpenKind
  count: number
  items: OpenItem[]
  /** How many are not listed one by one. */
  more: number
}

/** Things by their kind, in the service's order; a kind of which nothing is open has no group. */
export function groupItems(kinds: readonly OpenKind[], counts: Readonly<Record<string, number>>, items: readonly OpenItem[]): Group[] {
  return kinds.flatMap((kind) => {
    const own = items.filter((item) => item.kind === kind)
    const count = counts[kind] ?? 0
    const listed = own.filter(({ state }) => state !== 'settled').length
    return own.length > 0 ? [{ kind, count, items: own, more: Math.max(0, count - listed) }] : []
  })
}

/** `3 · 1`: how many of which kind, for a list. */
export function tellCounts(kinds: readonly OpenKind[], counts: Readonly<Record<string, number>>): string {
  const told = kinds.flatMap((kind) => (counts[kind] ? [`${name('kind', kind)} ${counts[kind]}`] : []))
  return told.length > 0 ? told.join(' · ') : say('none-open')
}

export const keyOf = ({ kind, key }: Pick<OpenItem, 'kind' | 'key'>): string => `${kind} ${key}`

/** What it is. */
export function tellWhat(item: OpenItem): string {
  const { what, detail, school_name: school } = item
  if (item.state === 'settled') return item.key
  switch (item.kind) {
    case 'incident':
      return [school ?? detail, word('kind', what)].filter(Boolean).join(' · ')
    case 'output':
      return [school, say('item.output', { output: word('output', what), device: detail, state: word('output', item.state) })].join(' · ')
    case 'device':
      return [school, what, item.key].filter(Boolean).join(' · ')
    case 'window':
      return [school ?? '', what].filter(Boolean).join(' · ') || word('mode', item.mode ?? '')
    default:
      return [school, what].filter(Boolean).join(' · ')
  }
}

/** How it stands: what it is like, who has it, since when. */
export function tellState(item: OpenItem, write: (at: string) => string): string {
  const since = item.since === null ? '' : write(item.since)
  const state =
    item.kind === 'incident' && item.state !== 'settled'
      ? word('state', item.state)
      : item.kind === 'output' && item.state !== 'settled'
        ? ''
        : name('item', item.state) === item.state
          ? item.state
          : say(`item.${item.state}` as Parameters<typeof say>[0], { detail: item.detail, since })
  return [state, tellWho(item), tellWhen(item, since, write)].filter(Boolean).join(' · ')
}

function tellWho(item: OpenItem): string {
  if (item.by !== null) return say('item.by', { name: item.by })
  if (item.kind === 'incident' && item.state === 'open') return say('item.nobody')
  return item.kind === 'breach' || item.kind === 'hazard' ? (item.state === 'settled' ? '' : say('item.owner-none')) : ''
}

function tellWhen(item: OpenItem, since: string, write: (at: string) => string): string {
  if (item.state === 'settled' || item.state === 'ahead') return ''
  if ((item.kind === 'breach' || item.kind === 'hazard') && item.until !== null) return say('item.due', { at: write(item.until) })
  return since ? say('item.since', { at: since }) : ''
}

/** Where on the page it is; null where it has no page of its own. */
export function findPage(item: OpenItem): string | null {
  if (item.state === 'settled') return null
  switch (item.kind) {
    case 'incident':
      return writeRoute({ view: 'incident', id: Number(item.key) })
    case 'window':
      return sectionPath('practice')
    case 'notice':
      return sectionPath('notices', item.key)
    default:
      return item.school === null ? null : writeRoute({ view: 'school', code: item.school })
  }
}
