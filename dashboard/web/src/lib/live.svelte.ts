/** The live feed: keeps one WebSocket open, hands its messages to the board, and says how far it can be believed. */

import { ask, NoAnswer, Refusal } from './api'
import { hear, openFeed, takeFeed, type Heard } from './arrival'
import { Company } from './company.svelte'
import { applyMessage, newBoard, noEffects, type Effects, type FeedMessage } from './feed'
import { ServerTime } from './servertime'
import type { ShownMessage } from './shown'
import { Watch, pauseBefore, type Health } from './watch'

// Whatever comes is shown at most ten times a second: smooth for people, cheap for an old PC.
const FLUSH_MS = 100
const BEAT_MS = 250

const SIGNED_OUT = 4401
const FOREIGN_ORIGIN = 4403

export class Live {
  /** Changed in place; read it again whenever `version` moves. */
  readonly board = newBoard()
  version = $state(0)
  /** Server time in ms, moved four times a second. */
  now = $state(Date.now())
  health = $state<Health>('connecting')
  loaded = $state(false)
  service = $state({ presses: true, engine: true })
  /** Server time (ms) of the newest sign of life. */
  heardAt = $state<number | null>(null)
  /** Server time (ms) since when a part of the service is down. */
  faultSince = $state<number | null>(null)
  attempt = $state(0)
  foreign = $state(false)

  /** Who else has the incident open that is open here. */
  readonly company = new Company((said) => this.send(said))

  private readonly time = new ServerTime()
  private readonly watch = new Watch(performance.now())
  private readonly listeners = new Set<(effects: Effects) => void>()
  private socket: WebSocket | null = null
  private waiting: FeedMessage[] = []
  private flushedAt = -FLUSH_MS
  private flushing: ReturnType<typeof setTimeout> | null = null
  private retrying: ReturnType<typeof setTimeout> | null = null
  private beating: ReturnType<typeof setInterval> | null = null

  constructor(private readonly onSignedOut: () => void) {}

  start(): void {
    this.beating = setInterval(() => this.beat(), BEAT_MS)
    addEventListener('online', this.retry)
    document.addEventListener('visibilitychange', this.wake)
    this.connect()
  }

  stop(): void {
    if (this.beating !== null) clearInterval(this.beating)
    removeEventListener('online', this.retry)
    document.removeEventListener('visibilitychange', this.wake)
    this.clearTimers()
    this.drop()
  }

  /** `listener` hears what each flush did. Returns how to stop listening. */
  listen(listener: (effects: Effects) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Tells the service what stands on this screen; false while nobody hears it. */
  tellShown(items: ShownMessage['items']): boolean {
    const message: ShownMessage = { type: 'shown', cursor: this.board.cursor, items }
    return this.send(message)
  }

  /** Tries at once instead of waiting for the next attempt. */
  retry = (): void => {
    if (this.watch.judge(performance.now()) === 'live') return
    this.clearTimers()
    this.connect()
  }

  private wake = (): void => {
    if (document.visibilityState !== 'visible') return
    this.beat()
    if (this.health === 'lost') this.retry()
  }

  private connect(): void {
    this.drop()
    this.watch.opening(performance.now())
    const { socket, heard } = takeFeed() ?? openFeed(this.board.cursor)
    this.socket = socket
    socket.onopen = () => this.company.ask()
    socket.onmessage = (event) => this.take(hear(event))
    socket.onclose = (event) => {
      if (this.socket === socket) this.lose(event.code)
    }
    for (const one of heard) this.take(one)
  }

  /** Lets go of the connection; what it says from now on is not ours any more. */
  private drop(): void {
    const socket = this.socket
    this.socket = null
    if (!socket) return
    this.company.forget()
    socket.onopen = null
    socket.onmessage = null
    socket.onclose = null
    socket.close()
  }

  private lose(code: number): void {
    this.socket = null
    this.company.forget()
    this.flush()
    this.watch.broke()
    this.beat()
    this.foreign = code === FOREIGN_ORIGIN
    if (code === SIGNED_OUT) return this.onSignedOut()
    this.retryLater()
    void this.checkSession()
  }

  /** A handshake that was refused looks like a broken line, so ask; the attempts go on meanwhile. */
  private async checkSession(): Promise<void> {
    try {
      await ask('/session', { once: true })
    } catch (error) {
      if (!(error instanceof Refusal || error instanceof NoAnswer)) throw error
      if (error instanceof Refusal && error.status === 401) this.onSignedOut()
    }
  }

  private retryLater(): void {
    this.attempt += 1
    if (this.retrying !== null) clearTimeout(this.retrying)
    this.retrying = setTimeout(() => this.connect(), pauseBefore(this.attempt, Math.random()))
  }

  private send(message: object): boolean {
    if (this.socket?.readyState !== WebSocket.OPEN) return false
    this.socket.send(JSON.stringify(message))
    return true
  }

  private take({ message, mono }: Heard): void {
    if (message.type === 'watchers') return this.company.hear(message)
    if (message.type === 'resync') this.company.ask()
    if (message.type === 'tick' || message.type === 'snapshot') this.hear(Date.parse(message.at), mono)
    if (message.type === 'tick') this.hearService(message.service)
    this.waiting.push(message)
    const rest = this.flushedAt + FLUSH_MS - performance.now()
    if (rest <= 0) this.flush()
    else this.flushing ??= setTimeout(() => this.flush(), rest)
  }

  private hear(at: number, mono: number): void {
    this.time.hear(at, mono)
    this.watch.heard(mono)
    this.heardAt = at
    this.attempt = 0
    this.foreign = false
    this.beat()
  }

  private hearService(service: { presses: boolean; engine: boolean }): void {
    const down = !service.presses || !service.engine
    if (!down) this.faultSince = null
    else this.faultSince ??= this.heardAt
    if (service.presses !== this.service.presses || service.engine !== this.service.engine) this.service = service
  }

  private flush(): void {
    if (this.flushing !== null) clearTimeout(this.flushing)
    this.flushing = null
    this.flushedAt = performance.now()
    if (this.waiting.length === 0) return
    const effects = noEffects()
    for (const message of this.waiting) applyMessage(this.board, message, effects)
    const onlyTicks = this.waiting.every(({ type }) => type === 'tick')
    this.waiting = []
    if (onlyTicks) return
    this.loaded = this.board.loaded
    this.version += 1
    for (const listener of this.listeners) listener(effects)
  }

  private beat(): void {
    const mono = performance.now()
    const now = this.time.now(mono)
    this.now = now ?? Date.now()
    const health = this.watch.judge(mono)
    if (health !== this.health) this.health = health
    if (this.watch.isDead(mono) && this.socket) {
      this.drop()
      this.watch.broke()
      this.retryLater()
    }
  }

  private clearTimers(): void {
    if (this.flushing !== null) clearTimeout(this.flushing)
    if (this.retrying !== null) clearTimeout(this.retrying)
    this.flushing = this.retrying = null
  }
}
