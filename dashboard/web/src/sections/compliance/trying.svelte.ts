/** One number of a rule tried on the last closed days: under way with how far it is, ended, or with what came of it. */

import { askLines, NoAnswer, Refusal } from '../../lib/api'
import type { Progress, SaidTrial, TrialLine } from '../../lib/contract'
import { inWords } from '../refusals'
import { say } from './numberwords'

export class Trying {
  busy = $state(false)
  progress = $state.raw<Progress | null>(null)
  result = $state.raw<SaidTrial | null>(null)
  /** Why nothing came of it, in words. */
  problem = $state('')
  /** The wish that was tried: another one needs another trial. */
  wish = $state('')
  private under: AbortController | null = null

  async start(body: unknown): Promise<void> {
    this.forget()
    const mine = (this.under = new AbortController())
    this.busy = true
    this.wish = JSON.stringify(body)
    try {
      for await (const line of askLines<TrialLine>('/rule-parameters/trial', body, mine.signal)) {
        if (this.under !== mine) return
        if (line.progress) this.progress = line.progress
        if (line.result) this.result = line.result
      }
      if (this.under === mine && this.result === null) this.problem = say('trial-failed')
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
      if (this.under === mine) this.problem = error instanceof Refusal ? inWords(error) : say('trial-failed')
    } finally {
      if (this.under === mine) {
        this.busy = false
        this.under = null
      }
    }
  }

  /** What it was tried for is done. */
  forget(): void {
    this.stop()
    this.problem = this.wish = ''
    this.progress = this.result = null
  }

  /** The service ends it, too. */
  stop(): void {
    this.under?.abort()
    this.under = null
    this.busy = false
  }
}
