/** Something asked of the service: what came, or why nothing did. Newer questions overtake older ones. */

import { ask, NoAnswer, Refusal } from './api'

export class Loading<T> {
  data = $state.raw<T | null>(null)
  state = $state<'loading' | 'ready' | 'missing' | 'failed'>('loading')
  private current: AbortController | null = null

  /** Loads `path`; what is shown stays until the answer is there, unless `afresh`. */
  async load(path: string, afresh = false): Promise<void> {
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
    } catch (error) {
      if (this.current !== current) return
      if (error instanceof Refusal) this.state = error.status === 404 ? 'missing' : 'failed'
      else if (error instanceof NoAnswer) this.state = 'failed'
      else throw error
    }
  }

  cancel(): void {
    this.current?.abort()
    this.current = null
  }
}
