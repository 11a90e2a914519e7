/** One change that a person asks for: under way, refused with what to mend, or done. */

import { ask, newKey, NoAnswer, Refusal, type Question } from '../lib/api'
import { inTheirLanguage, sayRefusal, NO_ANSWER } from './refusals'

export class Changing {
  busy = $state(false)
  /** Why it was not done, in words; empty while nothing is wrong. */
  problem = $state('')
  /** The slug of the refusal, for what needs more than words. */
  slug = $state('')
  /** What is wrong with which field, in the service's words. */
  errors = $state.raw<Refusal['errors']>([])
  private key = newKey()
  private wish = ''

  /** Sends it, once at a time. Null: it was not done, and `problem` says why. */
  async send<T>(path: string, question: Question): Promise<{ answer: T } | null> {
    if (this.busy) return null
    this.renewFor(JSON.stringify([path, question.method, question.body]))
    this.busy = true
    this.clear()
    try {
      const answer = await ask<T>(path, question.method === 'POST' && !question.file ? { ...question, key: this.key } : question)
      this.wish = '' // the same once more is another wish
      return { answer }
    } catch (error) {
      if (error instanceof NoAnswer) this.problem = NO_ANSWER()
      else if (error instanceof Refusal) this.refuse(error)
      else throw error
      return null
    } finally {
      this.busy = false
    }
  }

  /** Sends nothing until `work` is done, which what is sent rests on. */
  async waitFor(work: Promise<unknown>): Promise<void> {
    this.busy = true
    try {
      await work
    } finally {
      this.busy = false
    }
  }

  clear(): void {
    this.problem = this.slug = ''
    this.errors = []
  }

  /** What is wrong with a field of the body, in the person's language; empty when nothing is. */
  at(field: string): string {
    return this.said(`body.${field}`)
  }

  /** The same of any part of the question, such as `path.name`. */
  said(part: string): string {
    const found = this.errors.find((one) => one.field === part)
    return found ? inTheirLanguage(found.message) : ''
  }

  /** The same wish keeps its key, so that sending it again after silence does nothing twice. */
  private renewFor(wish: string): void {
    if (wish !== this.wish) this.key = newKey()
    this.wish = wish
  }

  private refuse(error: Refusal): void {
    this.problem = sayRefusal(error)
    this.slug = error.slug
    this.errors = error.errors
    this.wish = '' // a refusal is an answer: what is mended is asked anew
  }
}
