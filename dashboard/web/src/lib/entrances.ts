/**
 * Which pages are whose. Who stands for a school or a district is not led to what only the whole city may read, and whoever
 * comes there by its address is told so before anything is asked of the service.
 */

import { sectionPath, type Records, type Route } from './route.svelte'
import { SECTIONS, type SectionName } from './sections'
import { session, type Level } from './session.svelte'

type Rest = readonly string[]

const SIZE: Record<Level, number> = { school: 0, district: 1, city: 2 }

/** The smallest place whose people may read a page, by what follows the section's name in the address. */
const NEEDS: Record<SectionName, (rest: Rest) => Level> = {
  policies: ([first]) => (first === 'in-force' ? 'school' : 'city'),
  coverage: ([first]) => (first === 'schools' ? 'school' : 'district'),
  people: () => 'school',
  rosters: () => 'school',
  plans: ([first, second]) => {
    if (first === '~schools' || first === '~list') return 'school'
    return !first || first.startsWith('~') || second === 'trainings' ? 'city' : 'school'
  },
  shifts: () => 'school',
  practice: () => 'school',
  compliance: ([first]) => (['schools', 'breaches', 'rules', 'inspections'].includes(first ?? '') ? 'school' : 'city'),
  'answer-times': () => 'school',
  replay: () => 'school',
  notices: () => 'city',
  orders: () => 'city',
  channels: () => 'city',
  'sign-in': () => 'school',
}

/** Where somebody comes in whose place is too small for a section's first page; `school` is theirs, or none. */
const NARROW: Partial<Record<SectionName, (school: string | null) => string[]>> = {
  policies: (school) => (school ? ['in-force', school] : ['in-force']),
  coverage: (school) => (school ? ['schools', school] : []),
  plans: (school) => (school ? ['~schools', school] : ['~list']),
  compliance: (school) => (school ? ['schools', school] : ['breaches']),
}

function reaches(name: SectionName, rest: Rest): boolean {
  return SIZE[session.level] >= SIZE[NEEDS[name](rest)]
}

/** The address of the first page of a section that the person may read; null when there is none. */
export function findEntrance(name: SectionName): string | null {
  if (reaches(name, [])) return sectionPath(name)
  const rest = NARROW[name]?.(session.place.school)
  return rest && reaches(name, rest) ? sectionPath(name, ...rest) : null
}

/** Whether a section is about the person themselves: the menu at the top right leads there. */
export const isOwn = (name: SectionName): boolean => name === 'sign-in'

/** The sections side by side that the person may read, with the addresses where they come in. */
export function listEntrances(): { name: SectionName; href: string }[] {
  return SECTIONS.filter(({ name }) => !isOwn(name)).flatMap(({ name }) => {
    const href = findEntrance(name)
    return href === null ? [] : [{ name, href }]
  })
}

/** What lies nowhere is the whole city's alone. */
export function mayList(list: Records): boolean {
  if (list === 'incidents') return true
  return session.level === 'city' && (list === 'unplaced' || session.may('audit'))
}

export function mayOpen(route: Route): boolean {
  if (route.view === 'records') return mayList(route.list)
  return route.view !== 'section' || reaches(route.name, route.rest)
}
