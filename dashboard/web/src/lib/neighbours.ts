/** The schools around one, as the crow flies. */

import type { SchoolItem } from './contract'
import type { SchoolRow } from './feed'

export interface Neighbour {
  row: SchoolRow
  metres: number
}

const METRES_A_DEGREE = 111_320
const WITHIN_METRES = 3_000

/** The nearest schools within three kilometres, the nearest first; none where the school's place is not known. */
export function findNeighbours(item: SchoolItem, schools: Iterable<SchoolRow>, most: number): Neighbour[] {
  if (item.latitude === null || item.longitude === null) return []
  const narrowing = Math.cos((item.latitude * Math.PI) / 180)
  const found: Neighbour[] = []
  for (const row of schools) {
    const { code, latitude, longitude } = row.item
    if (code === item.code || latitude === null || longitude === null) continue
    const metres =
      METRES_A_DEGREE * Math.hypot(latitude - item.latitude, (longitude - item.longitude) * narrowing)
    if (metres <= WITHIN_METRES) found.push({ row, metres })
  }
  return found.sort((one, other) => one.metres - other.metres).slice(0, most)
}
