/**
 * The pages beside the watch: what is arranged beforehand and looked at afterwards.
 *
 * A page is one component and one line here; its name stands in the address (`#/policies/...`) and, as `section.NAME`, in
 * the dictionaries. It is fetched when somebody opens it, so that the watch itself loads fast.
 */

import type { Component } from 'svelte'

export interface SectionProps {
  /** What follows the page's name in the address. */
  rest: readonly string[]
}

interface Section {
  name: string
  load: () => Promise<{ default: Component<SectionProps> }>
}

export const SECTIONS = [
  { name: 'policies', load: () => import('../sections/Policies.svelte') },
  { name: 'coverage', load: () => import('../sections/Coverage.svelte') },
  { name: 'people', load: () => import('../sections/People.svelte') },
  { name: 'rosters', load: () => import('../sections/Rosters.svelte') },
  { name: 'plans', load: () => import('../sections/Plans.svelte') },
  { name: 'shifts', load: () => import('../sections/Shifts.svelte') },
  { name: 'practice', load: () => import('../sections/Practice.svelte') },
  { name: 'compliance', load: () => import('../sections/Compliance.svelte') },
  { name: 'answer-times', load: () => import('../sections/AnswerTimes.svelte') },
  { name: 'replay', load: () => import('../sections/Replay.svelte') },
  { name: 'notices', load: () => import('../sections/Notices.svelte') },
  { name: 'orders', load: () => import('../sections/Orders.svelte') },
  { name: 'channels', load: () => import('../sections/Channels.svelte') },
  { name: 'sign-in', load: () => import('../sections/SignIn.svelte') },
] as const satisfies readonly Section[]

export type SectionName = (typeof SECTIONS)[number]['name']

export function findSection(name: string | undefined): SectionName | undefined {
  return SECTIONS.find((section) => section.name === name)?.name
}
