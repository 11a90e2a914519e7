/** One question to the service that is asked anew when the city's verdicts move, but never more often than it is told. */

import { onMount } from 'svelte'
import { ask, isBar, NoAnswer, Refusal } from '../../lib/api'
import type { Desk } from '../../lib/desk.svelte'
import type { Effects } from '../../lib/feed'
import { t } from '../../lib/i18n'
import { say } from './words'

export class Asking<T> {
  data = $state.raw<T | null>(null)
  busy = $state(true)
  /** Why nothing came, in words. */
  problem = $state('')
  private asked = 0

  constructor(private readonly path: () => string) {}

  /** Asks; what is shown stays until the answer is there. Newer questions overtake older ones. */
  load = async (): Promise<void> => {
    this.asked += 1
    const mine = this.asked
    this.busy = true
    try {
      const data = await ask<T>(this.path())
      if (mine !== this.asked) return
      this.data = data
      this.problem = ''
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
      if (mine !== this.asked) return
      this.problem = describe(error)
      if (error instanceof Refusal) this.data = null
    } finally {
      if (mine === this.asked) this.busy = false
    }
  }

  /** While the component lives, asks anew `afterMs` after verdicts moved that `concerns` this question. */
  follow(desk: Desk, afterMs: number, concerns: (effects: Effects) => boolean): void {
    onMount(() => {
      let waiting: ReturnType<typeof setTimeout> | null = null
      const unlisten = desk.live.listen((effects) => {
        if (!effects.replaced && !concerns(effects)) return
        waiting ??= setTimeout(() => {
          waiting = null
          void this.load()
        }, afterMs)
      })
      return () => {
        unlisten()
        if (waiting !== null) clearTimeout(waiting)
        this.asked += 1
      }
    })
  }
}

function describe(error: NoAnswer | Refusal): string {
  if (!(error instanceof Refusal)) return say('failed')
  if (isBar(error.slug)) return t(`refused.${error.slug}`)
  if (error.slug === 'no-such-closed-day') return say('no-day')
  if (error.slug === 'no-such-school') return say('unknown-school')
  if (error.slug === 'no-such-evidence') return say('missing-evidence')
  return say('refused', { problem: error.problem })
}
