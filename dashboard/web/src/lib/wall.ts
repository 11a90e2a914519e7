/** What a wall shows of the city when nobody presses: each district in one line. */

import type { ComplianceItem, Verdict } from './contract'
import type { Board } from './feed'

/** How many schools stand how by one of the two hundreds; `unknown` is all that is neither. */
export interface Hundred {
  met: number
  notMet: number
  unknown: number
}

export interface DistrictLine {
  code: string
  schools: number
  /** Alarm devices that are heard, and those that are not or never were. */
  online: number
  away: number
  closed: Hundred
  alarm: Hundred
}

/** The districts that have schools, in the city's order. */
export function sumDistricts(board: Board): DistrictLine[] {
  const lines = new Map(board.districts.map(({ code }) => [code, newLine(code)]))
  for (const { item } of board.schools.values()) {
    const line = lines.get(item.district)
    if (!line) continue
    line.schools += 1
    line.online += item.online
    line.away += item.silent + item.offline + item.never
    const known = board.compliance.get(item.code)
    count(line.closed, known, 'closed')
    count(line.alarm, known, 'alarm')
  }
  return [...lines.values()].filter(({ schools }) => schools > 0)
}

/** Which of `count` things is shown at an instant (ms): each for so long, on every wall the same. */
export function takeTurns(count: number, now: number, everyMs: number): number {
  return count === 0 ? 0 : Math.floor(now / everyMs) % count
}

function newLine(code: string): DistrictLine {
  const none = () => ({ met: 0, notMet: 0, unknown: 0 })
  return { code, schools: 0, online: 0, away: 0, closed: none(), alarm: none() }
}

function count(sum: Hundred, item: ComplianceItem | undefined, which: 'closed' | 'alarm'): void {
  const verdict: Verdict | undefined = item?.[which]
  if (verdict === 'not_applicable') return
  if (verdict === 'met') sum.met += 1
  else if (verdict === 'not_met') sum.notMet += 1
  else sum.unknown += 1
}
