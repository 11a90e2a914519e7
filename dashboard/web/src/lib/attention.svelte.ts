/** Reaching somebody who looks elsewhere: a notification of the system's own, and a screen that does not go dark. */

import type { News } from './feed'

export type Permission = NotificationPermission | 'missing'

export class Attention {
  /** Whether the browser lets us notify; `missing` where it cannot at all. */
  permission = $state<Permission>(typeof Notification === 'undefined' ? 'missing' : Notification.permission)

  private readonly shown = new Map<number, Notification>()
  private lock: WakeLockSentinel | null = null
  private awake = false

  constructor() {
    document.addEventListener('visibilitychange', () => void this.hold())
  }

  /** Asks the person; a browser asks only in answer to a click. */
  async ask(): Promise<void> {
    if (this.permission === 'default') this.permission = await Notification.requestPermission()
  }

  /** Tells of live presses while the page is not seen, and takes back what somebody took. */
  tell(news: readonly News[], write: (one: News) => string, open: (id: number) => void): void {
    for (const one of news) {
      const { kind, incident } = one
      if (incident.mode !== 'live') continue
      if (kind === 'opened' || kind === 'reopened' || kind === 'pressed') this.notify(incident.id, write(one), open)
      else this.takeBack(incident.id)
    }
  }

  /** Whether the screen stays lit as long as the page is seen. */
  async stayAwake(awake: boolean): Promise<void> {
    this.awake = awake
    if (awake) return this.hold()
    await this.lock?.release()
    this.lock = null
  }

  private notify(id: number, text: string, open: (id: number) => void): void {
    if (this.permission !== 'granted' || document.visibilityState === 'visible') return
    // The same incident replaces what was said of it before, and says it aloud again.
    const note = new Notification(text, { tag: `incident-${id}`, requireInteraction: true, icon: '/icon-alarm.svg' })
    note.onclick = () => {
      window.focus()
      open(id)
      note.close()
    }
    this.shown.set(id, note)
  }

  private takeBack(id: number): void {
    this.shown.get(id)?.close()
    this.shown.delete(id)
  }

  /** The browser lets go of the lock whenever the page is hidden, and refuses it on a low battery. */
  private async hold(): Promise<void> {
    if (!this.awake || document.visibilityState !== 'visible' || !('wakeLock' in navigator)) return
    if (this.lock && !this.lock.released) return
    try {
      this.lock = await navigator.wakeLock.request('screen')
    } catch (error) {
      if (!(error instanceof DOMException)) throw error
      this.lock = null
    }
  }
}

export const attention = new Attention()
