/** Names of the places where windows count. */

import type { Window } from '../../lib/contract'
import type { Desk } from '../../lib/desk.svelte'
import { say } from './words'

export function namePlace({ school, district }: Pick<Window, 'school' | 'district'>, desk: Desk): string {
  if (school) return desk.live.board.schools.get(school)?.item.name ?? school
  return district ? desk.nameDistrictOf(district) : say('city')
}
