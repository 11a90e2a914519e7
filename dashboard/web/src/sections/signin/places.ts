/** For which place somebody of a role can stand. The service checks it; what it would refuse is not offered. */

import type { Role } from '../../lib/contract'
import type { Desk } from '../../lib/desk.svelte'
import { t } from '../../lib/i18n'
import type { Level } from '../../lib/session.svelte'

/** Who signs in; a program comes in with a token. */
export const PEOPLE = ['guard', 'duty_leader', 'principal', 'district_desk', 'city_desk', 'auditor', 'administrator'] as const satisfies readonly Role[]
export type Person = (typeof PEOPLE)[number]

export const LEVELS: Record<Person, readonly Level[]> = {
  guard: ['school'],
  duty_leader: ['school'],
  principal: ['school'],
  district_desk: ['district'],
  city_desk: ['city'],
  auditor: ['city', 'district'],
  administrator: ['city'],
}
export const ANYWHERE: readonly Level[] = ['city', 'district', 'school']

export interface Chosen {
  level: Level
  district: string
  school: string
}

export interface Placed {
  district: string | null
  school: string | null
}

export const choose = ({ district, school }: Placed): Chosen => ({
  level: school !== null ? 'school' : district !== null ? 'district' : 'city',
  district: district ?? '',
  school: school ?? '',
})

export const placed = ({ level, district, school }: Chosen): Placed => ({
  district: level === 'district' ? district : null,
  school: level === 'school' ? school : null,
})

export const isLacking = (chosen: Chosen): boolean => chosen.level !== 'city' && chosen[chosen.level] === ''

export function namePlace({ district, school }: Placed, desk: Desk): string {
  void desk.live.version
  if (school !== null) return desk.live.board.schools.get(school)?.item.name ?? school
  return district === null ? t('user.city') : desk.nameDistrictOf(district)
}
