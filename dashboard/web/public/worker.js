/**
 * Stands in for the page while it is closed: shows what the service pushes, tells it that it was shown, and leads to the
 * incident. It tells the browser's new address where the browser changes it. It keeps nothing and answers none of the page's requests.
 */

addEventListener('install', () => skipWaiting())
addEventListener('activate', (event) => event.waitUntil(clients.claim()))
addEventListener('push', (event) => event.waitUntil(show(event.data.json())))
addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event)))
addEventListener('notificationclick', (event) => event.waitUntil(open(event.notification)))

const LABELS = { zh: '打开', en: 'Open' }

async function show(said) {
  await registration.showNotification(said.title, {
    body: said.text,
    lang: said.language === 'zh' ? 'zh-CN' : 'en',
    // The same incident takes the place of what was said of it before, and rings again.
    tag: said.tag,
    renotify: true,
    requireInteraction: said.live,
    vibrate: said.live ? [600, 200, 600, 200, 600] : [200],
    icon: '/icon-192.png',
    data: said,
    actions: [{ action: 'open', title: LABELS[said.language] }],
  })
  await tell(said.key, false)
}

async function open(notification) {
  const { key, incident } = notification.data
  const path = incident === null ? '#/' : `#/incidents/${incident}`
  notification.close()
  await Promise.all([lead(path), tell(key, true)])
}

/** To a board that is open already, or to a new one. */
async function lead(path) {
  const boards = await clients.matchAll({ type: 'window', includeUncontrolled: true })
  const board = boards.find(({ visibilityState }) => visibilityState === 'visible') ?? boards[0]
  if (!board) return clients.openWindow(`/${path}`)
  board.postMessage({ open: path })
  return board.focus()
}

/**
 * Only in the place of the address before, which the service knows as somebody's: whoever is signed in now may never have
 * switched this browser on. Where the session has run out, the page tells it at the next visit.
 */
async function renew({ oldSubscription, newSubscription }) {
  if (!oldSubscription) return // a browser that does not say which it was: the page tells it, too
  const subscription = newSubscription ?? (await registration.pushManager.subscribe(oldSubscription.options))
  const { endpoint, keys } = subscription.toJSON()
  await fetch('/api/v1/session/browsers', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    credentials: 'same-origin',
    body: JSON.stringify({ endpoint, ...keys, before: oldSubscription.endpoint }),
  })
}

/** The key came with the message and is the whole proof: whoever was signed in may not be any more. */
async function tell(key, tapped) {
  await fetch('/api/v1/push/shown', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    credentials: 'omit',
    keepalive: true,
    body: JSON.stringify({ key, tapped }),
  })
}
