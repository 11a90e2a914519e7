/** Whether what the board shows can be believed. Pure: told of what happens and asked at a time. */

// The server ticks each second and promises one every 2 s; a board must say within 5 s that it is stale.
export const STALE_MS = 4_000
/** A connection this quiet is dead even when the browser has not noticed. */
export const DEAD_MS = 6_500
/** A connection that takes longer than this to open is tried anew. */
export const OPENING_MS = 6_000

export type Health = 'connecting' | 'live' | 'stale' | 'lost'

export class Watch {
  /** When the last sign of life came, on the monotonic clock (ms). */
  heardAt: number | null = null
  private since: number
  private connected = false
  private failed = false

  constructor(mono: number) {
    this.since = mono
  }

  opening(mono: number): void {
    this.since = mono
  }

  heard(mono: number): void {
    this.heardAt = mono
    this.connected = true
    this.failed = false
  }

  broke(): void {
    this.connected = false
    this.failed = true
  }

  judge(mono: number): Health {
    if (this.failed) return 'lost'
    if (!this.connected) return mono - this.since < STALE_MS ? 'connecting' : 'lost'
    return this.heardAt !== null && mono - this.heardAt < STALE_MS ? 'live' : 'stale'
  }

  /** Whether the connection should be given up and tried anew. */
  isDead(mono: number): boolean {
    if (!this.connected) return mono - this.since > OPENING_MS
    return this.heardAt !== null && mono - this.heardAt > DEAD_MS
  }
}

const PAUSES_MS = [300, 700, 1_500, 3_000, 5_000]

/** How long to wait before attempt number `attempt` (from 1); `chance` in 0..1 spreads a city's boards. */
export function pauseBefore(attempt: number, chance: number): number {
  const pause = PAUSES_MS[Math.min(attempt, PAUSES_MS.length) - 1] ?? 0
  return pause * (0.5 + chance)
}
