/** Where on the page one is: kept in the address, so that the back button and a copied link work. */

import { findSection, type SectionName } from './sections'

export type Records = 'incidents' | 'unplaced' | 'quarantine'

export type Route =
  | { view: 'board' }
  | { view: 'wall' }
  | { view: 'incident'; id: number }
  | { view: 'school'; code: string }
  | { view: 'device'; code: string }
  | { view: 'records'; list: Records }
  | { view: 'section'; name: SectionName; rest: readonly string[] }

export function readRoute(hash: string): Route {
  const [first, second, ...more] = hash.replace(/^#\/?/, '').replace(/\?.*$/, '').split('/').map(decode)
  if (first === 'incidents' && second && /^\d+$/.test(second)) return { view: 'incident', id: Number(second) }
  if (first === 'schools' && second) return { view: 'school', code: second }
  if ((first === 'devices' || first === 'device') && second) return { view: 'device', code: second }
  if (first === 'wall') return { view: 'wall' }
  if (first === 'records') {
    return { view: 'records', list: second === 'unplaced' || second === 'quarantine' ? second : 'incidents' }
  }
  const name = findSection(first)
  if (name) return { view: 'section', name, rest: second ? [second, ...more] : [] }
  return { view: 'board' }
}

export function writeRoute(route: Route): string {
  switch (route.view) {
    case 'incident':
      return `#/incidents/${route.id}`
    case 'school':
      return `#/schools/${encodeURIComponent(route.code)}`
    case 'device':
      return `#/devices/${encodeURIComponent(route.code)}`
    case 'records':
      return `#/records/${route.list}`
    case 'section':
      return `#/${[route.name, ...route.rest].map(encodeURIComponent).join('/')}`
    case 'wall':
      return '#/wall'
    case 'board':
      return '#/'
  }
}

/** The address of a page beside the watch. */
export function sectionPath(name: SectionName, ...rest: (string | number)[]): string {
  return writeRoute({ view: 'section', name, rest: rest.map(String) })
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** What an address says after its `?`, which is the board's to read. */
export const readQuery = (hash: string): string => /\?.*$/.exec(hash)?.[0] ?? ''

class Place {
  current = $state<Route>(readRoute(location.hash))
  /** The board as the person left it: what they look for there ends its address. */
  board = $state('#/')

  constructor() {
    addEventListener('hashchange', () => (this.current = readRoute(location.hash)))
  }

  go(route: Route): void {
    location.hash = route.view === 'board' ? this.board : writeRoute(route)
  }
}

export const place = new Place()
