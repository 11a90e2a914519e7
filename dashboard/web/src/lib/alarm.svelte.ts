/** The ringing: which sound is due now, until somebody takes the incident or mutes it. */

import type { Incident } from './contract'
import type { News } from './feed'
import { prefs } from './prefs.svelte'
import { playSound, SOUNDS, type SoundName } from './sounds'

const EXERCISE_PAUSE_MS = 5_000 // a monthly test is thousands of presses: one soft tone now and then is enough

export class Alarm {
  /** `off`: not asked for; `blocked`: asked for, but the browser waits for a click; `on`: will be heard. */
  state = $state<'off' | 'blocked' | 'on'>(prefs.sound ? 'blocked' : 'off')
  /** What rings now, null in silence. */
  ringing = $state<SoundName | null>(null)
  muted = $state<ReadonlySet<number>>(new Set())

  private context: AudioContext | null = null
  private cycle: ReturnType<typeof setTimeout> | null = null
  private due: SoundName[] = []
  private wanted: SoundName | null = null
  private exercisedAt = -EXERCISE_PAUSE_MS

  constructor() {
    if (prefs.sound) void this.open()
    // Whoever asked for sound once should not have to look for the button after a reload: any gesture will do.
    for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, () => prefs.sound && void this.open(), true)
  }

  async turnOn(): Promise<void> {
    prefs.sound = true
    await this.open()
  }

  turnOff(): void {
    prefs.sound = false
    this.state = 'off'
    void this.context?.suspend()
  }

  async test(name: SoundName): Promise<void> {
    await this.turnOn()
    if (this.context) playSound(this.context, name)
  }

  mute(id: number): void {
    this.muted = new Set([...this.muted, id])
  }

  unmute(id: number): void {
    this.muted = new Set([...this.muted].filter((other) => other !== id))
  }

  /** What the board shows now: `live` in order of urgency, `blind` when it cannot be believed. */
  follow(live: readonly Incident[], blind: boolean): void {
    const ringer = live.find(({ state, id }) => state === 'open' && !this.muted.has(id))
    this.wanted = ringer ? ringer.kind : blind ? 'fault' : null
    if (this.wanted === null && this.due.length === 0) this.ringing = null
    else if (this.cycle === null) this.ring()
    // An alarm does not wait for the long pause of a fault tone to end.
    else if (this.ringing === 'fault' && this.wanted !== 'fault') this.ring()
  }

  /** A press is heard once even when its incident is taken or muted. */
  hear(news: readonly News[]): void {
    for (const { kind, incident } of news) {
      if ((kind === 'closed' || kind === 'reopened') && this.muted.has(incident.id)) this.unmute(incident.id)
      if (kind !== 'opened' && kind !== 'pressed' && kind !== 'reopened') continue
      if (incident.mode !== 'live') this.hearExercise()
      else if (kind === 'pressed' && !this.due.includes(incident.kind)) this.due.push(incident.kind)
    }
  }

  private hearExercise(): void {
    const now = performance.now()
    if (now - this.exercisedAt < EXERCISE_PAUSE_MS) return
    this.exercisedAt = now
    if (this.wanted === null && this.state === 'on' && this.context) playSound(this.context, 'exercise')
  }

  private ring(): void {
    if (this.cycle !== null) clearTimeout(this.cycle)
    this.cycle = null
    const name = this.due.shift() ?? this.wanted
    this.ringing = name
    if (name === null) return
    // A device that was unplugged suspends the sound; every cycle asks for it again.
    if (this.state === 'blocked') void this.open()
    if (this.state === 'on' && this.context) playSound(this.context, name)
    this.cycle = setTimeout(() => this.ring(), SOUNDS[name].cycleSeconds * 1000)
  }

  private async open(): Promise<void> {
    this.context ??= this.make()
    if (!this.context) return
    // Without a gesture `resume` neither succeeds nor fails, so whoever awaits it alone waits for ever.
    void this.context.resume()
    this.notice()
    await Promise.race([this.context.resume(), new Promise((resolve) => setTimeout(resolve, 300))])
    this.notice()
  }

  private make(): AudioContext | null {
    if (typeof AudioContext === 'undefined') return null
    const context = new AudioContext()
    context.onstatechange = () => this.notice()
    return context
  }

  private notice(): void {
    if (!prefs.sound) this.state = 'off'
    else this.state = this.context?.state === 'running' ? 'on' : 'blocked'
  }
}

export const alarm = new Alarm()
