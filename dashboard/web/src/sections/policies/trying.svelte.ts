/** For which press a policy is tried: remembered while the page is open, so that it need not be chosen again and again. */

import type { Kind } from '../../lib/contract'

class Trying {
  school = $state('')
  kind = $state<Kind>('panic')
  /** By the school's own clock, as a `datetime-local` field says it; empty: now. */
  at = $state('')
}

export const trying = new Trying()
