/** The operator's own provider, where people may sign in: what the way there is called. */

import { t } from './i18n'
import { session } from './session.svelte'

/** A label of a link that leads to the provider: by its own name, where it has one. */
export function nameProvider(where: 'signin' | 'proof'): string {
  const name = session.ways?.name ?? ''
  return name === '' ? t(`${where}.provider`) : t(`${where}.provider-named`, { name })
}
