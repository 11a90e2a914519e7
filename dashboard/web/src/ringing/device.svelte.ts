/** This browser, which rings for alarms that call its person: whether it does, why not, and switching it. */

import { ask, NoAnswer, Refusal } from '../lib/api'
import type { BrowserRow, OwnBrowsers } from '../lib/contract'
import { prefs } from '../lib/prefs.svelte'

const OWN = '/session/browsers'
const WORKER = '/worker.js'
const KEPT = 'campus.browser' // the number under which the service knows this browser

/** `asking` and `silent` until the service told; the others say what stands in the way, and `off` that nothing does. */
export type Standing = 'asking' | 'silent' | 'insecure' | 'home-screen' | 'missing' | 'unset' | 'nobodys' | 'denied' | 'off' | 'on'

/** Why it could not be switched: the browser does not reach its push service, or the slug of a refusal. */
export type Trouble = 'no-push-service' | 'no-answer' | (string & {})

class Device {
  own = $state.raw<OwnBrowsers | null>(null)
  busy = $state(false)
  trouble = $state<Trouble | null>(null)
  /** The person does not want to be reminded on this visit that it is off. */
  later = $state(false)
  /** A test was sent, and is to appear in a moment. */
  tried = $state(false)
  private silent = $state(false)
  private permission = $state<NotificationPermission>('default')
  private subscribed = $state.raw<PushSubscription | null>(null)
  private id = $state<number | null>(null)

  standing = $derived.by((): Standing => {
    if (!isSecureContext) return 'insecure'
    if (!isAble()) return isApple() ? 'home-screen' : 'missing'
    if (!this.own) return this.silent ? 'silent' : 'asking'
    if (this.own.key === null) return 'unset'
    if (!this.own.tied) return 'nobodys'
    if (this.permission === 'denied') return 'denied'
    return this.isKept() ? 'on' : 'off'
  })

  /** The person's other browsers that ring. */
  others = $derived((this.own?.items ?? []).filter(({ id }) => id !== this.id || !this.isKept()))

  /** How it is now. */
  async look(): Promise<void> {
    if (!isSecureContext || !isAble()) return
    this.permission = Notification.permission
    this.id = recall()
    const registration = await navigator.serviceWorker.getRegistration()
    this.subscribed = (await registration?.pushManager.getSubscription()) ?? null
    await this.doing(async () => {
      this.own = await ask<OwnBrowsers>(OWN)
    })
    this.silent = this.own === null
    this.trouble = null
  }

  /** Once a visit, where it is on: the service learns the language and the session of now, and a new address of the browser's. */
  async renew(): Promise<void> {
    if (recall() === null) return
    await this.look()
    if (this.standing === 'on') await this.doing(() => this.keep())
  }

  /** Only ever in answer to a click: browsers ask the person for nothing else. */
  async turnOn(): Promise<void> {
    if (this.busy) return
    await this.doing(async () => {
      this.permission = await Notification.requestPermission()
      if (this.permission === 'granted') await this.keep()
    })
  }

  async turnOff(): Promise<void> {
    if (this.busy) return
    await this.doing(async () => {
      await ask(`${OWN}/${this.id}`, { method: 'DELETE' })
      await this.subscribed?.unsubscribe()
      this.subscribed = null
      this.own = await ask<OwnBrowsers>(OWN)
    })
  }

  async try(): Promise<void> {
    if (this.busy) return
    this.tried = await this.doing(() => ask(`${OWN}/trial`, { method: 'POST' }))
  }

  private async keep(): Promise<void> {
    const registration = await navigator.serviceWorker.register(WORKER)
    await navigator.serviceWorker.ready
    this.subscribed = await subscribe(registration, this.own!.key!)
    const { endpoint, keys } = this.subscribed.toJSON()
    const body = { endpoint, p256dh: keys?.['p256dh'], auth: keys?.['auth'], language: prefs.language }
    const kept = await ask<BrowserRow>(OWN, { method: 'POST', body })
    this.id = kept.id
    remember(kept.id)
    this.own = await ask<OwnBrowsers>(OWN)
  }

  /** What was subscribed under another key than the service has now is not called any more. */
  private isKept(): boolean {
    const key = write(this.subscribed?.options.applicationServerKey ?? null)
    return key === this.own?.key && this.own.items.some(({ id }) => id === this.id)
  }

  /** Says whether it was done; if not, `trouble` says why. */
  private async doing(work: () => Promise<unknown>): Promise<boolean> {
    this.busy = true
    this.trouble = null
    this.tried = false
    try {
      await work()
      return true
    } catch (error) {
      if (error instanceof Refusal) this.trouble = error.slug
      else if (error instanceof NoAnswer) this.trouble = 'no-answer'
      else if (error instanceof DOMException) this.trouble = 'no-push-service'
      else throw error
      return false
    } finally {
      this.busy = false
    }
  }
}

/** A subscription that was made with another key than the service has now rings no more: it is made anew. */
async function subscribe(registration: ServiceWorkerRegistration, key: string): Promise<PushSubscription> {
  const before = await registration.pushManager.getSubscription()
  if (before && write(before.options.applicationServerKey) !== key) await before.unsubscribe()
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
}

function write(key: ArrayBuffer | null): string {
  const letters = btoa(String.fromCharCode(...new Uint8Array(key ?? [])))
  return letters.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const isAble = () => 'serviceWorker' in navigator && 'PushManager' in window && typeof Notification !== 'undefined'
const isApple = () => /iPhone|iPad/.test(navigator.userAgent)

function recall(): number | null {
  try {
    return Number(localStorage.getItem(KEPT)) || null
  } catch {
    return null // storage can be forbidden: the browser is kept, and said to be another one
  }
}

function remember(id: number): void {
  try {
    localStorage.setItem(KEPT, String(id))
  } catch {
    return
  }
}

/** Where the person wants to go who tapped a notification while the board was open. */
export function followTaps(): void {
  navigator.serviceWorker?.addEventListener('message', (event: MessageEvent<{ open?: unknown }>) => {
    const path = event.data.open
    if (typeof path === 'string' && path.startsWith('#/')) location.hash = path
  })
}

export const device = new Device()
