/** Where on the page one is: kept in the address, so that the back button and a copied link work. */

export type Records = 'incidents' | 'unplaced' | 'quarantine'

export type Route =
  | { view: 'board' }
  | { view: 'incident'; id: number }
  | { view: 'school'; code: string }
  | { view: 'records'; list: Records }

export function readRoute(hash: string): Route {
  const [first, second] = hash.replace(/^#\/?/, '').split('/').map(decode)
  if (first === 'incidents' && second && /^\d+$/.test(second)) return { view: 'incident', id: Number(second) }
  if (first === 'schools' && second) return { view: 'school', code: second }
  if (first === 'records') {
    return { view: 'records', list: second === 'unplaced' || second === 'quarantine' ? second : 'incidents' }
  }
  return { view: 'board' }
}

export function writeRoute(route: Route): string {
  switch (route.view) {
    case 'incident':
      return `#/incidents/${route.id}`
    case 'school':
      return `#/schools/${encodeURIComponent(route.code)}`
    case 'records':
      return `#/records/${route.list}`
    case 'board':
      return '#/'
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

class Place {
  current = $state<Route>(readRoute(location.hash))

  constructor() {
    addEventListener('hashchange', () => (this.current = readRoute(location.hash)))
  }

  go(route: Route): void {
    location.hash = writeRoute(route)
  }
}

export const place = new Place()
