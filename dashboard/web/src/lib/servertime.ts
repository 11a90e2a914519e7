/** What time the server has, told from its ticks and a monotonic clock of ours; the PC's own date may be wrong. */

const JUMP_MS = 2_000
const CREEP = 0.1

export class ServerTime {
  private offset: number | null = null

  /** The server said `at` (ms) in a message that came at `mono` (ms of a monotonic clock). */
  hear(at: number, mono: number): void {
    const offset = at - mono
    if (this.offset === null || Math.abs(offset - this.offset) > JUMP_MS) this.offset = offset
    // A message can only be late, never early: the largest offset seen is the truest, and drift is followed slowly.
    else if (offset > this.offset) this.offset = offset
    else this.offset += (offset - this.offset) * CREEP
  }

  /** Server time in ms, or null before its first word. */
  now(mono: number): number | null {
    return this.offset === null ? null : this.offset + mono
  }
}
