/** Who else has the incident open that is open here, as the service says over the live socket. */

import type { Doing, Watcher } from './contract'

const PAUSE_MS = 300 // between two words of ours: a service that is told too much does not listen

export interface WatchingMessage {
  type: 'watching'
  incident: number | null
  doing: Doing
}

export interface WatchersMessage {
  type: 'watchers'
  incident: number
  people: Watcher[]
  /** There are more than are named. */
  more: boolean
  /** False while the service may not know of all. */
  whole: boolean
}

export class Company {
  /** What was said last of the incident that is open here; null while that is not known. */
  heard = $state.raw<WatchersMessage | null>(null)
  /** Since when nothing is known, on the monotonic clock (ms). */
  since = 0

  private open: WatchingMessage = { type: 'watching', incident: null, doing: 'looking' }
  private pausing: ReturnType<typeof setTimeout> | null = null
  private unsaid = false

  /** What is sent while nobody hears it is lost, and said anew by `ask`. */
  constructor(private readonly send: (said: WatchingMessage) => void) {}

  /** An incident is open here, and in view. */
  join(incident: number, doing: Doing): void {
    if (incident === this.open.incident && doing === this.open.doing) return
    if (incident !== this.open.incident) this.forget()
    this.open = { type: 'watching', incident, doing }
    this.say()
  }

  /** It is not any more; by now another one may be. */
  leave(incident: number): void {
    if (incident !== this.open.incident) return
    this.open = { type: 'watching', incident: null, doing: 'looking' }
    this.forget()
    this.say()
  }

  hear(message: WatchersMessage): void {
    if (message.incident === this.open.incident) this.heard = message
  }

  /** What was heard cannot be relied on any more. */
  forget(): void {
    this.heard = null
    this.since = performance.now()
  }

  /** The service knows nothing of us, or we of it: asks anew. */
  ask(): void {
    this.forget()
    if (this.open.incident !== null) this.say()
  }

  private say(): void {
    this.unsaid = this.pausing !== null
    if (this.unsaid) return
    this.send(this.open)
    this.pausing = setTimeout(() => {
      this.pausing = null
      if (this.unsaid) this.say()
    }, PAUSE_MS)
  }
}
