/** New credentials for many devices: a hundred at a time, so that it can be watched and stopped. */

import type { Page } from '../../lib/answers'
import { ask, NoAnswer, Refusal } from '../../lib/api'
import type { CredentialRow, IssuedCredential, IssuedCredentials } from '../../lib/contract'
import { NO_ANSWER, sayRefusal } from '../refusals'

const AT_ONCE = 100

export class Issuing {
  /** For whom; empty while nothing is planned. */
  rows = $state.raw<readonly CredentialRow[]>([])
  issued = $state.raw<readonly IssuedCredential[]>([])
  busy = $state(false)
  problem = $state('')
  private stopping = false

  /** Plans it for one device, or for all of a list but those that are being changed. */
  plan(rows: readonly CredentialRow[]): void {
    this.rows = rows
    this.problem = ''
  }

  /** All devices of a list that can get a new one, whatever part of it is shown. */
  async collect(path: string): Promise<number> {
    this.busy = true
    this.problem = ''
    const found: CredentialRow[] = []
    try {
      for (let next: string | null = ''; next !== null; ) {
        const page: Page<CredentialRow> = await ask(`${path}&limit=500${next && `&cursor=${encodeURIComponent(next)}`}`)
        found.push(...page.items.filter((one) => one.state !== 'changing'))
        next = page.next
      }
      this.rows = found
    } catch (error) {
      this.note(error)
    } finally {
      this.busy = false
    }
    return found.length
  }

  /** Issues them. Each question is asked once only: an answer that was lost told passwords that nobody can read again. */
  async go(graceHours: number, keepFormer: boolean): Promise<boolean> {
    this.busy = true
    this.stopping = false
    this.problem = ''
    this.issued = []
    try {
      for (let at = 0; at < this.rows.length && !this.stopping; at += AT_ONCE) {
        const devices = this.rows.slice(at, at + AT_ONCE).map((one) => one.device)
        const body = { devices, grace_hours: graceHours, keep_former: keepFormer }
        const answer = await ask<IssuedCredentials>('/device-credentials', { method: 'POST', body })
        this.issued = [...this.issued, ...answer.items]
      }
      return !this.stopping
    } catch (error) {
      this.note(error)
      return false
    } finally {
      this.busy = false
    }
  }

  /** Issues no more than what is under way. */
  stop(): void {
    this.stopping = true
  }

  forget(): void {
    this.rows = []
    this.issued = []
    this.problem = ''
  }

  private note(error: unknown): void {
    if (error instanceof NoAnswer) this.problem = NO_ANSWER()
    else if (error instanceof Refusal) this.problem = sayRefusal(error)
    else throw error
  }
}
