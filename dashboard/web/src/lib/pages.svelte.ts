/** A list of the service that comes in pages. */

import type { Page } from './answers'
import { ask, NoAnswer, Refusal } from './api'
import { stateAfter, type Ending } from './loading.svelte'

export class Pages<T> {
  items = $state.raw<T[]>([])
  next = $state<string | null>(null)
  state = $state<'idle' | 'loading' | 'ready' | Ending>('idle')

  constructor(private readonly path: string) {}

  async more(): Promise<void> {
    if (this.state === 'loading') return
    this.state = 'loading'
    const cursor = this.next === null ? '' : `${this.path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(this.next)}`
    try {
      const page = await ask<Page<T>>(this.path + cursor)
      this.items = [...this.items, ...page.items]
      this.next = page.next
      this.state = 'ready'
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
      this.state = stateAfter(error)
    }
  }
}
