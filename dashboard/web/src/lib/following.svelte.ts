/** An incident's own page, asked for again whenever the feed tells of it. */

import type { IncidentDetail } from './contract'
import type { Desk } from './desk.svelte'
import { Loading } from './loading.svelte'

const REFRESH_MS = 5_000
const SETTLE_MS = 150

export class Following {
  readonly loading = new Loading<IncidentDetail>()

  constructor(
    private readonly desk: Desk,
    private readonly id: number,
  ) {}

  /** Loads it and keeps it fresh. Returns how to stop. */
  start(): () => void {
    void this.load(true)
    let settling: ReturnType<typeof setTimeout> | null = null
    const refresh = () => {
      if (settling !== null) clearTimeout(settling)
      settling = setTimeout(() => void this.load(), SETTLE_MS)
    }
    const unlisten = this.desk.live.listen((effects) => {
      if (effects.replaced || effects.incidents.has(this.id)) refresh()
    })
    // Deliveries change without the incident changing; a closed incident is over.
    const timer = setInterval(() => this.goesOn && this.desk.live.health === 'live' && refresh(), REFRESH_MS)
    return () => {
      unlisten()
      clearInterval(timer)
      if (settling !== null) clearTimeout(settling)
      this.loading.cancel()
    }
  }

  /** Asks again; `afresh` forgets what was there. */
  load(afresh = false): Promise<void> {
    return this.loading.load(`/incidents/${this.id}`, afresh)
  }

  private get goesOn(): boolean {
    return this.desk.live.board.incidents.has(this.id) || this.loading.data?.incident.state !== 'closed'
  }
}
