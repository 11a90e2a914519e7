/**
 * What the person looks for among the schools; the list and the map both follow. It stands in the board's address, so that a
 * link shows the same, and the browser's back goes to what was looked for before.
 */

import { place, readQuery } from './route.svelte'
import { NOTHING_SOUGHT, readSearch, writeSearch, type Search, type Wanted } from './search'

class Seeking {
  current = $state.raw<Search>(NOTHING_SOUGHT)

  constructor() {
    this.read()
    addEventListener('hashchange', () => this.read())
  }

  /** Letters that are typed are one step of the browser's history, each choice is one of its own. */
  change(part: Partial<Search>, step: 'push' | 'replace' = 'text' in part ? 'replace' : 'push'): void {
    this.current = { ...this.current, ...part }
    place.board = `#/${writeSearch(this.current)}`
    if (place.current.view !== 'board' || location.hash === place.board) return
    history[step === 'push' ? 'pushState' : 'replaceState'](null, '', place.board)
  }

  /** Looks for `wanted`, or for everything again when it already does. */
  toggle(wanted: Wanted): void {
    this.change({ wanted: this.current.wanted === wanted ? '' : wanted })
  }

  clear(): void {
    this.change(NOTHING_SOUGHT, 'push')
  }

  private read(): void {
    if (place.current.view !== 'board') return
    const query = readQuery(location.hash)
    // Letters are kept as they are typed, with the blank at their end.
    if (query !== writeSearch(this.current)) this.current = readSearch(query)
    place.board = `#/${query}`
  }
}

export const seeking = new Seeking()
