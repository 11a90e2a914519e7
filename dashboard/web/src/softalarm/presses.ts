/** What becomes of a press that a person made on this page. Pure: no page, no clock, no line. */

import type { Incident, Kind, Mode } from '../lib/contract'

/** A press as this browser keeps it until it is over. `incident` is null until the service said that it is on disk. */
export interface KeptPress {
  /** Made here, once: however often it is sent, it is the same press. */
  id: string
  account: string
  kind: Kind
  mode: Mode
  /** When the person pressed, by the service's clock as far as this page knew it. */
  at: string
  incident: number | null
  /** Whether its incident was seen on the board: one that then is not there any more is closed. */
  shown: boolean
  /** Why the service would not take it: it is not sent again by itself. */
  refused: string | null
}

export type Progress = 'unsent' | 'refused' | 'received' | 'seen' | 'coming' | 'closed'

const PAUSES_MS = [1_000, 2_000, 4_000, 8_000]
const LONGEST_PAUSE_MS = 15_000

/** How long to wait after so many attempts that nobody answered. */
export const pauseAfter = (failures: number): number => PAUSES_MS[failures - 1] ?? LONGEST_PAUSE_MS

/** How far a press came. It is "received" by the service's word alone. `whole` says that all open incidents are known. */
export function progressOf(press: KeptPress, incident: Pick<Incident, 'state'> | undefined, whole: boolean): Progress {
  if (press.incident === null) return press.refused === null ? 'unsent' : 'refused'
  if (!incident) return press.shown && whole ? 'closed' : 'received'
  switch (incident.state) {
    case 'acknowledged':
      return 'seen'
    case 'responding':
      return 'coming'
    case 'closed':
      return 'closed'
    case 'open':
      return 'received'
  }
}

/** What the storage of a browser says, if it is ours; anything else is passed over. */
export function readKept(text: string | null): KeptPress[] {
  let found: unknown
  try {
    found = JSON.parse(text ?? '[]')
  } catch {
    return []
  }
  return Array.isArray(found) ? found.filter(isKept) : []
}

function isKept(one: unknown): one is KeptPress {
  const press = one as Partial<KeptPress> | null
  return typeof press?.id === 'string' && typeof press.account === 'string' && typeof press.at === 'string'
}

/** `list` with one press changed; others, also those that another window added, stay. */
export function change(list: readonly KeptPress[], id: string, part: Partial<KeptPress>): KeptPress[] {
  return list.map((one) => (one.id === id ? { ...one, ...part } : one))
}
