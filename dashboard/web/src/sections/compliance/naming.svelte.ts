/** What rules are called: the catalogue, asked for once. */

import { ask, NoAnswer, Refusal } from '../../lib/api'
import type { Catalogue } from '../../lib/contract'
import { prefs } from '../../lib/prefs.svelte'

class Rules {
  private byCode = $state.raw<ReadonlyMap<string, { zh: string; en: string }>>(new Map())
  private asked = false

  /** Without an answer rules are called by their codes, and the next page asks again. */
  async load(): Promise<void> {
    if (this.asked) return
    this.asked = true
    try {
      const { items } = await ask<Catalogue>('/compliance/rules')
      this.byCode = new Map(items.map((item) => [item.code, item]))
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
      this.asked = false
    }
  }

  find(code: string): { zh: string; en: string } | undefined {
    return this.byCode.get(code)
  }
}

export const rules = new Rules()

/** Chinese or English, as the person reads. */
export const choose = (said: { zh: string; en: string }): string => (prefs.language === 'zh' ? said.zh : said.en)

export function nameRule(code: string): string {
  const found = rules.find(code)
  return found ? choose(found) : ''
}
