/**
 * Tells the service which live incidents really stand on this screen: rendered, in view, on a page that is visible; and when
 * somebody first touches key, mouse or glass while they do. Once for each state of an incident, some seconds late at most.
 */

import type { Incident, Screen, State } from './contract'

const LATEST_MS = 2_500
const SOONEST_MS = 500
const MOST_ITEMS = 24 // the service takes messages of 4 KiB
const MOST_KEPT = 2_000

interface Said {
  incident: number
  round: number
  state: State
  screen: Screen
}

export interface ShownMessage {
  type: 'shown'
  cursor: string | null
  items: (Said & { ago: number; seen_ago: number | null })[]
}

interface Known {
  said: Said
  shownAt: number
  seenAt: number | null
  /** What the service was told last: nothing, that it stood there, or that somebody saw it. */
  told: 'nothing' | 'shown' | 'seen'
}

export class Shown {
  private readonly inView = new Map<Element, Said>()
  private readonly known = new Map<string, Known>()
  private readonly observer = new IntersectionObserver((entries) => this.look(entries))
  private readonly candidates = new WeakMap<Element, Said>()
  private sending: ReturnType<typeof setTimeout> | null = null

  /** `send` says whether it could be sent now. */
  constructor(private readonly send: (items: ShownMessage['items']) => boolean) {}

  start(): () => void {
    const options = { capture: true, passive: true }
    const events = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const
    for (const event of events) addEventListener(event, this.touch, options)
    document.addEventListener('visibilitychange', this.noteAll)
    return () => {
      for (const event of events) removeEventListener(event, this.touch, options)
      document.removeEventListener('visibilitychange', this.noteAll)
      if (this.sending !== null) clearTimeout(this.sending)
      this.observer.disconnect()
    }
  }

  /** An attachment for what shows an incident. */
  on({ id, round, state, mode }: Incident, screen: Screen) {
    return (element: Element): (() => void) | undefined => {
      if (mode !== 'live' || state === 'closed') return undefined
      this.candidates.set(element, { incident: id, round, state, screen })
      this.observer.observe(element)
      return () => {
        this.observer.unobserve(element)
        this.inView.delete(element)
      }
    }
  }

  private look(entries: readonly IntersectionObserverEntry[]): void {
    for (const { target, isIntersecting } of entries) {
      const said = this.candidates.get(target)
      if (isIntersecting && said) this.inView.set(target, said)
      else this.inView.delete(target)
    }
    this.noteAll()
  }

  private noteAll = (): void => {
    if (document.visibilityState !== 'visible') return
    for (const said of this.inView.values()) {
      const key = keyOf(said)
      if (this.known.has(key)) continue
      if (this.known.size >= MOST_KEPT) this.known.delete(this.known.keys().next().value!)
      this.known.set(key, { said, shownAt: performance.now(), seenAt: null, told: 'nothing' })
      this.sendLater()
    }
  }

  private touch = (event: Event): void => {
    if (!event.isTrusted || this.inView.size === 0 || document.visibilityState !== 'visible') return
    for (const said of this.inView.values()) {
      const known = this.known.get(keyOf(said))
      if (!known || known.seenAt !== null) continue
      known.seenAt = performance.now()
      this.sendLater()
    }
  }

  /** Thousands of boards show the same press in the same moment: they must not all tell so in the same one. */
  private sendLater(): void {
    this.sending ??= setTimeout(() => this.sendNow(), SOONEST_MS + Math.random() * (LATEST_MS - SOONEST_MS))
  }

  private sendNow(): void {
    this.sending = null
    const now = performance.now()
    const due = [...this.known.values()].filter(({ told, seenAt }) => told === 'nothing' || (told === 'shown' && seenAt !== null))
    const batch = due.slice(0, MOST_ITEMS)
    const items = batch.map(({ said, shownAt, seenAt }) => ({
      ...said,
      ago: Math.round(now - shownAt),
      seen_ago: seenAt === null ? null : Math.round(now - seenAt),
    }))
    if (items.length === 0) return
    if (this.send(items)) for (const one of batch) one.told = one.seenAt === null ? 'shown' : 'seen'
    if (due.some(({ told, seenAt }) => told === 'nothing' || (told === 'shown' && seenAt !== null))) this.sendLater()
  }
}

const keyOf = ({ incident, round, state, screen }: Said): string => `${incident} ${round} ${state} ${screen}`
