/** Orders for the whole city that wait for a second person, and what somebody did alone: in view of whoever they concern. */

import { ask, NoAnswer, Refusal } from './api'
import type { Order, Orders } from './contract'
import { sectionPath } from './route.svelte'
import { session } from './session.svelte'

const REFRESH_MS = 30_000 // only whoever stands for the whole city asks: dozens of boards

class CityOrders {
  now = $state.raw<Orders>({ pending: [], alone: [] })
  private timer: ReturnType<typeof setInterval> | null = null

  /** Those that the person did not propose: it is for them to confirm. */
  get theirs(): Orders['pending'] {
    return this.now.pending.filter((order) => order.proposed_by !== session.user?.name)
  }

  /** Those that the person proposed themselves. */
  get own(): Orders['pending'] {
    return this.now.pending.filter((order) => order.proposed_by === session.user?.name)
  }

  /** Looks now and every half minute, for whoever could be asked. Returns how to stop. */
  watch(): () => void {
    void this.look()
    this.timer ??= setInterval(() => void this.look(), REFRESH_MS)
    return () => {
      if (this.timer !== null) clearInterval(this.timer)
      this.timer = null
      this.now = { pending: [], alone: [] }
    }
  }

  async look(): Promise<void> {
    if (session.level !== 'city' || !(session.may('notify') || session.may('staff') || session.may('govern'))) return
    try {
      this.now = await ask<Orders>('/orders')
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error // asked again in a while
    }
  }
}

export const cityOrders = new CityOrders()

/** Leads to what was only proposed, for it reaches the whole city, where it is seen to wait. False: it was done. */
export function followOrder<T>(answer: T | Order): answer is Order {
  const proposed = typeof answer === 'object' && answer !== null && 'proposed_by' in answer && answer.state === 'pending'
  if (proposed) location.hash = sectionPath('orders', answer.id)
  return proposed
}
