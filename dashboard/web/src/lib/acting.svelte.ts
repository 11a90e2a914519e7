/** What a person does to an incident, and what the service answered. Nothing is shown as done before it is. */

import type { Action } from './answers'
import { ask, newKey, NoAnswer, Refusal } from './api'
import type { IncidentDetail } from './contract'
import type { Key } from './i18n'

export interface Outcome {
  tone: 'done' | 'refused' | 'silent'
  key: Key
  values: Record<string, string | number>
  /** An instant in `values.at`, written by whoever shows it. */
  at: string | null
}

export class Acting {
  busy = $state<Action | null>(null)
  outcome = $state<Outcome | null>(null)
  private readonly keys = new Map<string, string>()

  constructor(private readonly id: number) {}

  /** Does it once, however often it is clicked; `path` is where, beneath the incident. True when the service said that it is done. */
  async act(action: Action, body: object = {}, path: string = action): Promise<boolean> {
    if (this.busy) return false
    this.busy = action
    this.outcome = null
    // The same wish keeps its key until the service answers, so a second click repeats and does not double.
    const wish = `${path} ${JSON.stringify(body)}`
    const key = this.keys.get(wish) ?? newKey()
    this.keys.set(wish, key)
    try {
      await ask<unknown>(`/incidents/${this.id}/${path}`, { method: 'POST', body, key })
      this.keys.delete(wish)
      this.outcome = { tone: 'done', key: `action.done.${action}`, values: {}, at: null }
      return true
    } catch (error) {
      if (error instanceof Refusal) this.keys.delete(wish)
      this.outcome = await this.explain(error)
      return false
    } finally {
      this.busy = null
    }
  }

  private async explain(error: unknown): Promise<Outcome> {
    if (error instanceof NoAnswer) return { tone: 'silent', key: 'action.no-answer', values: {}, at: null }
    if (!(error instanceof Refusal)) throw error
    switch (error.slug) {
      case 'already-taken':
        return this.explainTaken()
      case 'not-taken':
      case 'already-closed':
      case 'not-allowed':
      case 'not-your-place':
      case 'no-such-incident':
      case 'outputs-unconfirmed':
      case 'practice-outputs':
      case 'task-settled':
      case 'handover-late':
      case 'handover-closed':
      case 'not-a-test':
        return { tone: 'refused', key: `action.refused.${error.slug}`, values: {}, at: null }
      default: {
        const key = error.slug === 'invalid-request' ? 'action.refused.invalid-request' : 'action.refused.other'
        return { tone: 'refused', key, values: { detail: error.problem }, at: null }
      }
    }
  }

  private async explainTaken(): Promise<Outcome> {
    try {
      const { incident } = await ask<IncidentDetail>(`/incidents/${this.id}`, { once: true })
      if (incident.acknowledged_by && incident.acknowledged_at) {
        const values = { name: incident.acknowledged_by }
        return { tone: 'refused', key: 'action.refused.already-taken', values, at: incident.acknowledged_at }
      }
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
    }
    return { tone: 'refused', key: 'action.refused.already-taken-unknown', values: {}, at: null }
  }
}

const acting = new Map<number, Acting>()

/** One for each incident, shared by its card and its view. */
export function actingOn(id: number): Acting {
  let one = acting.get(id)
  if (!one) {
    one = new Acting(id)
    acting.set(id, one)
  }
  return one
}

/** Forgets incidents that are over. */
export function forgetActing(kept: (id: number) => boolean): void {
  for (const id of acting.keys()) if (!kept(id)) acting.delete(id)
}
