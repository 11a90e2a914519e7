/** What a person looks for again and again, under a name. Kept by the browser, for each account on it. */

import { session } from './session.svelte'

export interface View {
  name: string
  /** The end of the board's address, as `writeSearch` makes it. */
  query: string
}

const MOST = 20
export const LONGEST_NAME = 40

class Views {
  all = $state.raw<readonly View[]>([])

  /** Reads those of whoever is signed in. */
  recall(): void {
    this.all = readViews(this.load())
  }

  find(query: string): View | undefined {
    return this.all.find((one) => one.query === query)
  }

  /** Keeps one; of the same name there is one only, and of too many the oldest goes. */
  keep(name: string, query: string): void {
    this.save([...this.all.filter((one) => one.name !== name && one.query !== query), { name, query }].slice(-MOST))
  }

  forget(query: string): void {
    this.save(this.all.filter((one) => one.query !== query))
  }

  private save(all: readonly View[]): void {
    this.all = all
    try {
      localStorage.setItem(this.store, JSON.stringify(all))
    } catch {
      return // storage can be forbidden; views then last as long as the page
    }
  }

  private load(): string | null {
    try {
      return localStorage.getItem(this.store)
    } catch {
      return null
    }
  }

  private get store(): string {
    return `campus.views.${session.user?.name ?? ''}`
  }
}

/** What the storage of a browser says, if it is ours. */
export function readViews(text: string | null): View[] {
  let found: unknown
  try {
    found = JSON.parse(text ?? '[]')
  } catch {
    return []
  }
  if (!Array.isArray(found)) return []
  return found.filter((one: Partial<View> | null): one is View => typeof one?.name === 'string' && typeof one.query === 'string')
}

export const views = new Views()
