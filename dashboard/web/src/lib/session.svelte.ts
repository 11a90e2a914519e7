/** Who is signed in on this PC. */

import { ask, NoAnswer, Refusal, whenSignedOut } from './api'
import { takeSession } from './arrival'
import type { Right, SignedIn, WaysIn } from './contract'
import { prefs } from './prefs.svelte'

/** How large the place is that somebody stands for. */
export type Level = 'school' | 'district' | 'city'

class SignIn {
  /** `undefined` until the service told. */
  user = $state<SignedIn | null | undefined>(undefined)
  /** The sign-in ended without the person asking for it. */
  ended = $state(false)
  silent = $state(false)
  /** By what people may sign in here beside a password; null until the service told. */
  ways = $state.raw<WaysIn | null>(null)

  constructor() {
    whenSignedOut(() => this.lapse())
  }

  /** Whether the person's role has a right. The service decides; what it would refuse is not offered. */
  may(right: Right): boolean {
    return this.user?.rights.includes(right) ?? false
  }

  /** Whom the person stands for: a school, a district, or with neither the whole city. */
  get place(): Pick<SignedIn, 'school' | 'district'> {
    return { school: this.user?.school ?? null, district: this.user?.district ?? null }
  }

  get level(): Level {
    if (this.place.school !== null) return 'school'
    return this.place.district === null ? 'city' : 'district'
  }

  async recall(): Promise<void> {
    for (;;) {
      try {
        this.enter(await takeSession())
        this.silent = false
        return
      } catch (error) {
        if (error instanceof Refusal) {
          this.user = null
          this.silent = false
          return
        }
        if (!(error instanceof NoAnswer)) throw error
        this.silent = true
        await new Promise((resolve) => setTimeout(resolve, 2_000))
      }
    }
  }

  /** Asks by what people may sign in. Where nobody answers, there is the password. */
  async learnWays(): Promise<void> {
    try {
      this.ways = await ask<WaysIn>('/sign-in')
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
    }
  }

  /** `code` is of a second factor; empty while the service asks for none. */
  async signIn(name: string, password: string, code = ''): Promise<void> {
    const body = { name, password, ...(code === '' ? {} : { code }) }
    this.enter(await ask<SignedIn>('/session', { method: 'POST', body }))
    this.ended = false
  }

  async signOut(): Promise<void> {
    await ask('/session', { method: 'DELETE' })
    this.leave()
  }

  /** The person chose a password of their own. */
  chose(): void {
    if (this.user) this.user = { ...this.user, first_password: false }
  }

  /** The person knows of all that was changed of how they sign in. */
  knows(): void {
    if (this.user) this.user = { ...this.user, unseen_changes: 0 }
  }

  lapse(): void {
    if (this.user) this.ended = true
    this.leave()
  }

  private enter(user: SignedIn): void {
    prefs.follow(user.preferences)
    this.user = user
  }

  private leave(): void {
    if (this.user) prefs.leave()
    this.user = null
  }
}

export const session = new SignIn()
