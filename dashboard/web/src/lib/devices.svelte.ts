/** Devices by the beginning of their codes. The feed does not carry all of them: the service is asked, once the typing rests. */

import { ask, NoAnswer, Refusal } from './api'
import type { DeviceDetail } from './contract'

const REST_MS = 200
const MOST = 6
/** Fewer letters than these begin too many codes; a blank is in none. */
const CODE = /^[A-Za-z0-9_-]{3,64}$/

export class DeviceFinder {
  found = $state.raw<readonly DeviceDetail[]>([])

  /** Looks for codes that begin so; returns what ends the search. */
  seek(words: string): () => void {
    const current = new AbortController()
    if (!CODE.test(words)) {
      this.found = []
      return () => undefined
    }
    const timer = setTimeout(() => void this.ask(words, current.signal), REST_MS)
    return () => {
      clearTimeout(timer)
      current.abort()
    }
  }

  private async ask(words: string, signal: AbortSignal): Promise<void> {
    try {
      const { items } = await ask<{ items: DeviceDetail[] }>(`/devices?begins=${words}&limit=${MOST}`, { signal, once: true })
      if (!signal.aborted) this.found = items
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
      if (!signal.aborted) this.found = [] // everything else is found all the same
    }
  }
}
