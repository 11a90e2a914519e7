/** Whom a notice is for, as it is being chosen and in words. */

import { PostKind, type Audience } from '../../lib/contract'
import { t, word } from '../../lib/i18n'
import { say } from './words'

export const WHO = ['city', 'districts', 'schools', 'people'] as const
export type Who = (typeof WHO)[number]

export interface Draft {
  title: string
  text: string
  who: Who
  districts: string[]
  schools: string[]
  people: { code: string; name: string }[]
  posts: PostKind[]
}

export const newDraft = (): Draft => ({ title: '', text: '', who: 'districts', districts: [], schools: [], people: [], posts: [] })

/** Only what the chosen kind of audience needs: what was chosen for another kind stays in the draft and is not sent. */
export function audienceOf({ who, districts, schools, people, posts }: Draft): Audience {
  return {
    city: who === 'city',
    districts: who === 'districts' ? districts : [],
    schools: who === 'schools' ? schools : [],
    posts: who === 'people' ? [] : posts,
    people: who === 'people' ? people.map(({ code }) => code) : [],
  }
}

export const isChosen = ({ city, districts, schools, people }: Audience): boolean =>
  city || districts.length + schools.length + people.length > 0

export function nameAudience({ city, districts, schools, posts, people }: Audience): string {
  const parts: string[] = []
  if (city) parts.push(say('whole-city'))
  if (districts.length > 0) parts.push(say('n-districts', { n: districts.length }))
  if (schools.length > 0) parts.push(say('n-schools', { n: schools.length }))
  if (people.length > 0) parts.push(say('n-people', { n: people.length }))
  if (posts.length > 0) parts.push(posts.map((post) => word('post', post)).join(t('app.comma')))
  return parts.join(' · ')
}
