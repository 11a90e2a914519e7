/** A visit's list beside its answers. Pure. */

import type { AnswerRow, SaidCheck, SaidInspection } from '../../lib/contract'

export interface Line {
  check: SaidCheck
  /** The answer that stands. */
  answer: AnswerRow | null
  /** Those that were corrected, the first one first. */
  before: AnswerRow[]
}

export function listLines(visit: SaidInspection): Line[] {
  return visit.checklist.map((check) => {
    const its = visit.answers.filter(({ rule }) => rule === check.rule)
    return {
      check,
      answer: its.find(({ corrected_by }) => corrected_by === null) ?? null,
      before: its.filter(({ corrected_by }) => corrected_by !== null),
    }
  })
}

export const countOpen = (lines: readonly Line[]): number => lines.filter(({ answer }) => answer === null).length
