/** Verdicts as they are shown, and schools and rules as the matrix lays them out. Pure. */

import type { ComplianceMatrix, Verdict, VerdictCount } from '../../lib/contract'
import type { SchoolRow } from '../../lib/feed'

/** In the order in which they are counted. */
export const VERDICTS = ['met', 'not_met', 'unknown', 'declared', 'not_applicable'] as const satisfies readonly Verdict[]

export const HUNDREDS = ['closed', 'alarm'] as const
export const TEAMS = ['guards', 'team', 'crossing'] as const
export const HEADLINES = [...HUNDREDS, ...TEAMS] as const

/** Told apart without colour. */
export const SIGNS: Record<Verdict, string> = { met: '✓', not_met: '✗', unknown: '?', declared: '≈', not_applicable: '–' }

const LETTERS: Record<string, Verdict> = { m: 'met', n: 'not_met', u: 'unknown', d: 'declared', '-': 'not_applicable' }

export const readLetter = (letter: string | undefined): Verdict => LETTERS[letter ?? 'u'] ?? 'unknown'

/** Schools to which it applies: N. */
export const countAsked = (count: VerdictCount): number => count.met + count.not_met + count.unknown + count.declared

/** What is not known: without evidence, or from a form alone. */
export const countUnknown = (count: VerdictCount): number => count.unknown + count.declared

/** Percent met of N, cut and not rounded: only all of it is 100. Null where it applies nowhere. */
export function shareMet(count: VerdictCount): number | null {
  const asked = countAsked(count)
  return asked === 0 ? null : Math.floor((count.met / asked) * 1000) / 10
}

export interface Filter {
  text: string
  district: string
  kind: string
  rule: string
  verdict: string
}

export interface Line {
  code: string
  name: string
  letters: string
}

/** The schools of the matrix that fit, in the order of the board's list; `order` has their codes. */
export function filterLines(
  matrix: ComplianceMatrix,
  order: readonly string[],
  schools: ReadonlyMap<string, SchoolRow>,
  filter: Filter,
): Line[] {
  const letters = new Map(matrix.schools.map((code, at) => [code, matrix.verdicts[at] ?? '']))
  const column = matrix.rules.indexOf(filter.rule)
  const wanted = Object.keys(LETTERS).find((letter) => LETTERS[letter] === filter.verdict)
  const text = filter.text.trim().toLowerCase()
  const lines: Line[] = []
  for (const code of order) {
    const its = letters.get(code)
    const item = schools.get(code)?.item
    if (its === undefined || !item) continue
    if (filter.district !== '' && item.district !== filter.district) continue
    if (filter.kind !== '' && item.kind !== filter.kind) continue
    if (wanted !== undefined && !(column < 0 ? its.includes(wanted) : its[column] === wanted)) continue
    if (text !== '' && !item.name.toLowerCase().includes(text) && !code.toLowerCase().includes(text)) continue
    lines.push({ code, name: item.name, letters: its })
  }
  return lines
}
