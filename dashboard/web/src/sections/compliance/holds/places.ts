/** How a hold's place is called. */

import type { Desk } from '../../../lib/desk.svelte'
import { nameDistrict } from '../../../lib/i18n'
import { say } from './words'

interface Place {
  school: string | null
  school_name: string | null
  district: string | null
  district_name: string | null
}

export function namePlace(place: Place, desk: Desk): string {
  if (place.school !== null) return place.school_name ?? place.school
  if (place.district === null) return say('scope.city')
  const district = desk.districts.get(place.district)
  return district ? nameDistrict(district, place.district) : (place.district_name ?? place.district)
}
