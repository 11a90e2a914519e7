/**
 * What the page needs first: who is signed in, and the feed. This is a script of its own, which asks for both as soon as it is
 * there, while the rest, many times as long, is still on its way.
 */

import { ask } from './api'
import type { WatchersMessage } from './company.svelte'
import type { SignedIn } from './contract'
import type { FeedMessage } from './feed'

/** A message of the feed, and when it came on the monotonic clock (ms). */
export interface Heard {
  message: FeedMessage | WatchersMessage
  mono: number
}

/** A connection to the feed, with what it said before anybody listened. */
export interface OpenedFeed {
  socket: WebSocket
  heard: Heard[]
}

let asked: Promise<SignedIn> | null = ask<SignedIn>('/session')
let opened: OpenedFeed | null = openFeed(null)

// Nobody is signed in: what was opened is nobody's. Whoever takes the answer hears why.
asked.catch(() => takeFeed()?.socket.close())

// The first of each takes a browser some milliseconds, all three 20; it has nothing else to do until the other scripts are there.
new Intl.Collator('zh-CN')
new Intl.DateTimeFormat('zh-CN')
new Intl.NumberFormat('zh-CN')

/** Who is signed in: as it was asked on arrival, and anew from then on. */
export function takeSession(): Promise<SignedIn> {
  const answer = asked ?? ask<SignedIn>('/session')
  asked = null
  return answer
}

/** The connection that was opened on arrival, once, and only while it still stands. */
export function takeFeed(): OpenedFeed | null {
  const feed = opened
  opened = null
  return feed && feed.socket.readyState <= WebSocket.OPEN ? feed : null
}

/** Opens the feed after `cursor`, or with a snapshot when it is null. */
export function openFeed(cursor: string | null): OpenedFeed {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
  const since = cursor === null ? '' : `?since=${encodeURIComponent(cursor)}`
  const socket = new WebSocket(`${scheme}://${location.host}/api/v1/live${since}`)
  const heard: Heard[] = []
  socket.onmessage = (event) => heard.push(hear(event))
  return { socket, heard }
}

export function hear(event: MessageEvent): Heard {
  return { message: JSON.parse(String(event.data)) as Heard['message'], mono: performance.now() }
}
