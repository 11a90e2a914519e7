/** Something asked of the service: what came, or why nothing did. Newer questions overtake older ones. */

import { ask, isBar, NoAnswer, Refusal, type Bar } from './api'

/** How a question ends that brings nothing. */
export type Ending = 'missing' | 'failed' | Bar

export class Loading<T> {
  data = $state.raw<T | null>(null)
  state = $state<'loading' | 'ready' | Ending>('loading')
  private current: AbortController | null = null
  /** What is not the person's to see: asking again changes nothing. */
  private barred: string | null = null

  /** Loads `path`; what is shown stays until the answer is there, unless `afresh`. */
  async load(path: string, afresh = false): Promise<void> {
    if (path === this.barred && !afresh) return
    this.current?.abort()
    const current = new AbortController()
    this.current = current
    if (afresh) {
      this.data = null
      this.state = 'loading'
    }
    try {
      const data = await ask<T>(path, { signal: current.signal })
      if (this.current !== current) return
      this.data = data
      this.state = 'ready'
      this.barred = null
    } catch (error) {
      if (this.current !== current) return
      if (!(error instanceof Refusal || error instanceof NoAnswer)) throw error
      this.state = stateAfter(error)
      this.barred = isBar(this.state) ? path : null
    }
  }

  cancel(): void {
    this.current?.abort()
    this.current = null
  }
}

export function stateAfter(error: Refusal | NoAnswer): Ending {
  if (!(error instanceof Refusal)) return 'failed'
  if (error.status === 404) return 'missing'
  return isBar(error.slug) ? error.slug : 'failed'
}
