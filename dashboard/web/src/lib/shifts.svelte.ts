/** Hand-overs of the person's own desk that nobody has received: they stay in view until somebody does. */

import type { Page } from './answers'
import { ask, NoAnswer, Refusal } from './api'
import type { ShiftHandoverHead } from './contract'
import { session } from './session.svelte'

const REFRESH_MS = 300_000 // shifts are hours; thousands of boards must not ask each minute
const MOST = 20

class WaitingShifts {
  items = $state.raw<readonly ShiftHandoverHead[]>([])
  private timer: ReturnType<typeof setInterval> | null = null

  /** Looks now and every few minutes, for whoever could receive one. Returns how to stop. */
  watch(): () => void {
    void this.look()
    this.timer ??= setInterval(() => void this.look(), REFRESH_MS)
    return () => {
      if (this.timer !== null) clearInterval(this.timer)
      this.timer = null
      this.items = []
    }
  }

  async look(): Promise<void> {
    if (!session.may('handle')) return
    try {
      const page = await ask<Page<ShiftHandoverHead>>(`/shift-handovers?waiting=true&limit=${MOST}`)
      this.items = page.items
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error // asked again in a while
    }
  }
}

export const waitingShifts = new WaitingShifts()
