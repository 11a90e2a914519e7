/** What the log says of an incident, as it is told. Pure. */

import type { TimelineEntry } from './contract'

/** An entry, and how many more of its kind by the same actor came right before it. */
export interface Told {
  entry: TimelineEntry
  /** When the first of them was; null when there is but one. */
  since: string | null
  times: number
}

/** Newest first. Fifty presses in a row of one button are one line that says fifty. */
export function foldTimeline(entries: readonly TimelineEntry[]): Told[] {
  const told: Told[] = []
  for (const entry of entries) {
    const last = told[told.length - 1]
    const same = last && entry.kind === 'press.received' && last.entry.kind === entry.kind && last.entry.actor === entry.actor
    if (same) told[told.length - 1] = { entry, since: last.since ?? last.entry.at, times: last.times + 1 }
    else told.push({ entry, since: null, times: 1 })
  }
  return told.reverse()
}
