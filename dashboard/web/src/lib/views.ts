/** What a person looks for again and again, under a name. Kept with their account. */

import type { SavedView } from './contract'
import { prefs } from './prefs.svelte'

const MOST = 20 // as the service takes
export const LONGEST_NAME = 40
const LONGEST_QUERY = 500

export const findView = (query: string): SavedView | undefined => prefs.views.find((one) => one.query === query)

/** Whether the service would keep it: nobody looks again for what takes that many words. */
export const isKeepable = (query: string): boolean => query !== '' && query.length <= LONGEST_QUERY

/** Keeps one; of the same name there is one only, and of too many the oldest goes. */
export function keepView(name: string, query: string): void {
  prefs.views = [...prefs.views.filter((one) => one.name !== name && one.query !== query), { name, query }].slice(-MOST)
}

export function forgetView(query: string): void {
  prefs.views = prefs.views.filter((one) => one.query !== query)
}
