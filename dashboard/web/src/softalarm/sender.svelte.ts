/**
 * Presses on their way. Each is kept in this browser before it is first sent, is sent until the service says that it has it,
 * and is forgotten only when the person puts it away.
 */

import { ask, NoAnswer, Refusal } from '../lib/api'
import type { Kind, Mode, PressStored } from '../lib/contract'
import { change, pauseAfter, readKept, type KeptPress } from './presses'

const STORE = 'campus.presses'
/** What passes by itself: too much at once, or the service's own trouble. */
const passes = (refusal: Refusal): boolean => refusal.status === 429 || refusal.status === 408 || refusal.status >= 500

export class Sender {
  kept = $state.raw<readonly KeptPress[]>([])
  /** Attempts in a row that nobody answered. */
  failures = $state(0)
  /** False where the browser keeps nothing: then a press lasts as long as this page. */
  lasting = $state(true)
  private sending = false
  private timer: ReturnType<typeof setTimeout> | null = null

  /** `onreceived` is called with the incident of each press that the service has. */
  constructor(
    private readonly account: string,
    private readonly onreceived: (incident: number) => void,
  ) {
    this.reload()
  }

  start(): () => void {
    const onstorage = (event: StorageEvent) => event.key === STORE && this.reload()
    addEventListener('storage', onstorage)
    addEventListener('online', this.hurry)
    this.hurry()
    return () => {
      removeEventListener('storage', onstorage)
      removeEventListener('online', this.hurry)
      if (this.timer !== null) clearTimeout(this.timer)
    }
  }

  raise(id: string, kind: Kind, mode: Mode, at: string): void {
    const press = { id, account: this.account, kind, mode, at, incident: null, shown: false, refused: null }
    this.write((all) => [...all, press])
    this.hurry()
  }

  change(id: string, part: Partial<KeptPress>): void {
    this.write((all) => change(all, id, part))
  }

  putAway(id: string): void {
    this.write((all) => all.filter((one) => one.id !== id))
  }

  /** Tries now instead of waiting for the next attempt. */
  hurry = (): void => {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    if (!this.sending) void this.send()
  }

  private async send(): Promise<void> {
    this.sending = true
    try {
      for (let next = this.next(); next && (await this.sendOne(next)); next = this.next()) this.failures = 0
    } finally {
      this.sending = false
    }
    if (this.next()) this.timer = setTimeout(this.hurry, pauseAfter(this.failures))
  }

  /** Whether somebody answered. */
  private async sendOne(press: KeptPress): Promise<boolean> {
    const { id, kind, mode, at } = press
    try {
      const stored = await ask<PressStored>('/presses', { method: 'POST', body: { id, kind, mode, at }, once: true })
      this.change(id, { incident: stored.incident })
      this.onreceived(stored.incident)
      return true
    } catch (error) {
      if (error instanceof Refusal && error.status !== 401 && !passes(error)) {
        this.change(id, { refused: error.slug })
        return true
      }
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
      this.failures += 1
      return false
    }
  }

  private next(): KeptPress | undefined {
    return this.kept.find((one) => one.incident === null && one.refused === null)
  }

  private reload(): void {
    this.kept = this.mine(this.read() ?? [])
  }

  private mine = (all: readonly KeptPress[]): KeptPress[] => all.filter((one) => one.account === this.account)

  private read(): KeptPress[] | null {
    try {
      return readKept(localStorage.getItem(STORE))
    } catch {
      return null // storage can be forbidden
    }
  }

  private write(alter: (all: readonly KeptPress[]) => KeptPress[]): void {
    const stored = this.lasting ? this.read() : null
    const all = alter(stored ?? this.kept)
    this.kept = this.mine(all)
    try {
      localStorage.setItem(STORE, JSON.stringify(all))
      this.lasting = true
    } catch {
      this.lasting = false
    }
  }
}
