/** Which schools a person looks for. Pure. */

import { SchoolKind, type District } from './contract'
import type { SchoolRow, Standing } from './feed'

export type Wanted = '' | 'incidents' | 'faults' | 'silent' | 'offline' | 'never' | 'troubled' | 'open' | 'acknowledged' | 'responding' | 'exercise'

export const WANTED: readonly Wanted[] = [
  'incidents',
  'open',
  'acknowledged',
  'responding',
  'exercise',
  'faults',
  'silent',
  'offline',
  'troubled',
  'never',
]

export interface Search {
  text: string
  district: string
  kind: string
  wanted: Wanted
}

export const NOTHING_SOUGHT: Search = { text: '', district: '', kind: '', wanted: '' }

export function isSearching(search: Search): boolean {
  return search.text.trim() !== '' || search.district !== '' || search.kind !== '' || search.wanted !== ''
}

/** What is sought as the end of an address, `?q=…&district=…`; empty when nothing is. */
export function writeSearch(search: Search): string {
  const { text, district, kind, wanted } = search
  const said = Object.entries({ q: text.trim(), district, kind, wanted }).filter(([, value]) => value !== '')
  return said.length === 0 ? '' : `?${new URLSearchParams(said).toString()}`
}

/** What the end of an address seeks; words that nobody knows seek nothing. */
export function readSearch(query: string): Search {
  const said = new URLSearchParams(query)
  const wanted = WANTED.find((one) => one === said.get('wanted')) ?? ''
  const kind = SchoolKind.find((one) => one === said.get('kind')) ?? ''
  return { text: said.get('q') ?? '', district: said.get('district') ?? '', kind, wanted }
}

const INCIDENT_STANDINGS: readonly Standing[] = ['open', 'acknowledged', 'responding', 'exercise']

export function fits(row: SchoolRow, search: Search): boolean {
  const { item } = row
  if (search.district !== '' && item.district !== search.district) return false
  if (search.kind !== '' && item.kind !== search.kind) return false
  if (!isWanted(row, search.wanted)) return false
  const text = search.text.trim().toLowerCase()
  return text === '' || item.name.toLowerCase().includes(text) || item.code.toLowerCase().includes(text)
}

function isWanted(row: SchoolRow, wanted: Wanted): boolean {
  const { item } = row
  switch (wanted) {
    case '':
      return true
    case 'incidents':
      return INCIDENT_STANDINGS.includes(row.standing)
    case 'faults':
      return item.silent + item.offline + item.troubled > 0
    case 'silent':
    case 'offline':
    case 'never':
    case 'troubled':
      return item[wanted] > 0
    default:
      return row.standing === wanted
  }
}

/** Schools by district and name: an order that stays, so that nothing moves under the pointer. */
export function orderSchools(rows: Iterable<SchoolRow>, districts: readonly District[], collator: Intl.Collator): string[] {
  const groups = new Map(districts.map(({ code }): [string, SchoolRow[]] => [code, []]))
  const elsewhere: SchoolRow[] = []
  for (const row of rows) (groups.get(row.item.district) ?? elsewhere).push(row)
  const byName = (one: SchoolRow, other: SchoolRow) => collator.compare(one.item.name, other.item.name)
  return [...groups.values(), elsewhere].flatMap((group) => group.sort(byName).map(({ item }) => item.code))
}

/** Schools with incidents first, the rest in their own order. */
export function findSchools(schools: ReadonlyMap<string, SchoolRow>, order: readonly string[], search: Search): SchoolRow[] {
  const first: SchoolRow[] = []
  const rest: SchoolRow[] = []
  for (const code of order) {
    const row = schools.get(code)
    if (row && fits(row, search)) (row.standing in LIFTED ? first : rest).push(row)
  }
  first.sort((one, other) => LIFTED[one.standing]! - LIFTED[other.standing]!)
  return [...first, ...rest]
}

const LIFTED: Partial<Record<Standing, number>> = { open: 0, acknowledged: 1, responding: 2 }
