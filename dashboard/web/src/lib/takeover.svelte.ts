/** The press that fills the screen: the most urgent one that nobody took and that was not put aside on this PC. */

import type { Incident } from './contract'
import type { News } from './feed'

/** So long after it appears nothing is taken: whoever was typing or about to click did not mean this one. */
export const ARMED_AFTER_MS = 800

export class Takeover {
  private aside = $state.raw<ReadonlySet<number>>(new Set())
  private chosen = $state<number | null>(null)

  /** What fills the screen, of the untaken in order of urgency. */
  find(untaken: readonly Incident[]): Incident | null {
    const waiting = untaken.filter(({ id }) => !this.aside.has(id))
    return waiting.find(({ id }) => id === this.chosen) ?? waiting[0] ?? null
  }

  choose(id: number): void {
    this.aside = new Set([...this.aside].filter((one) => one !== id))
    this.chosen = id
  }

  /** It goes on ringing in the queue. */
  putAside(id: number): void {
    this.aside = new Set([...this.aside, id])
  }

  /** What is pressed again, or rings again, comes back. */
  hear(news: readonly News[]): void {
    const back = new Set(news.filter(({ kind }) => kind !== 'closed').map(({ incident }) => incident.id))
    if ([...this.aside].some((id) => back.has(id))) this.aside = new Set([...this.aside].filter((id) => !back.has(id)))
  }
}
