/** What the person looks for among the schools; the list and the map both follow. */

import { NOTHING_SOUGHT, type Search, type Wanted } from './search'

class Seeking {
  current = $state.raw<Search>(NOTHING_SOUGHT)

  change(part: Partial<Search>): void {
    this.current = { ...this.current, ...part }
  }

  /** Looks for `wanted`, or for everything again when it already does. */
  toggle(wanted: Wanted): void {
    this.change({ wanted: this.current.wanted === wanted ? '' : wanted })
  }

  clear(): void {
    this.current = NOTHING_SOUGHT
  }
}

export const seeking = new Seeking()
