/** What an order for the whole city is about, in words. */

import type { Audience, ChannelConduct, ChannelOrder, Order, PolicyOrder, QuietHours, QuietOrder, Wanted } from '../../lib/contract'
import type { Desk } from '../../lib/desk.svelte'
import { word } from '../../lib/i18n'
import { nameQuiet } from '../channels/quiet'
import { say as sayOfChannels } from '../channels/words'
import { name } from '../exceptions/words'
import { nameAudience } from '../notices/audience'
import { namePlace, type Placed } from '../signin/places'
import { say } from './words'

export interface Change {
  what: string
  from: string
  to: string
}

export interface Subject {
  heading: string
  detail: string
  where: string
  /** One of many that are nearly the whole city together. */
  part: boolean
  changes: readonly Change[]
}

const CITY: Placed = { district: null, school: null }

export function subjectOf(order: Order, desk: Desk): Subject {
  switch (order.kind) {
    case 'notice':
      return notice(order.body)
    case 'day_exception':
      return days(order.body, 'days', desk)
    case 'day_exception_end':
      return days(order.body['exception'] as Record<string, unknown>, 'days-end', desk)
    case 'policy':
    case 'policy_end': {
      const { rule } = order.body as unknown as PolicyOrder
      const heading = say(order.kind === 'policy' ? 'policy' : 'policy-end', { mode: word('mode', rule.mode) })
      return at(rule, desk, heading, rule.name)
    }
    case 'quiet_hours': {
      const { quiet, instead_of: before } = order.body as unknown as QuietOrder
      return at(CITY, desk, say('quiet'), '', [{ what: say('quiet'), from: writeQuiet(before), to: writeQuiet(quiet) }])
    }
    case 'channel': {
      const { channel, conduct, instead_of: before } = order.body as unknown as ChannelOrder
      return at(CITY, desk, say('channel', { channel: word('channel', channel) }), '', compare(before, conduct))
    }
    case 'rule_number':
    case 'rule_number_end': {
      const { rule, school } = order.body as unknown as Wanted
      return at({ district: null, school }, desk, say(order.kind === 'rule_number' ? 'number' : 'number-end', { rule }))
    }
  }
}

function at(place: Placed, desk: Desk, heading: string, detail = '', changes: readonly Change[] = []): Subject {
  return { heading, detail, where: namePlace(place, desk), part: place.district !== null || place.school !== null, changes }
}

function notice(body: Record<string, unknown>): Subject {
  const audience = body['audience'] as Audience
  return { heading: String(body['title']), detail: String(body['text']), where: nameAudience(audience), part: !audience.city, changes: [] }
}

function days(about: Record<string, unknown>, heading: 'days' | 'days-end', desk: Desk): Subject {
  const said = (field: string) => String(about[field] ?? '')
  const place = { district: (about['district'] as string | null) ?? null, school: (about['school'] as string | null) ?? null }
  const what = name('days', said('kind'))
  const level = said('level') === '' ? '' : name('level', said('level'))
  const detail = [level, said('closes').slice(0, 5), said('reason')].filter(Boolean).join(' · ')
  return at(place, desk, say(heading, { what, from: said('first_on'), to: said('last_on') }), detail)
}

function writeQuiet(quiet: QuietHours | null): string {
  return quiet === null ? say('quiet-none') : nameQuiet({ quiet_from: quiet.starts, quiet_to: quiet.ends, quiet_zone: quiet.zone })
}

const writeRate = (rate: number | null) => (rate === null ? sayOfChannels('no-rate') : sayOfChannels('rate', { n: rate }))

/** Only what differs; where nothing does, all, so that nobody confirms an empty page. */
function compare(before: ChannelConduct, after: ChannelConduct): readonly Change[] {
  const all = [
    { what: say('channel-rate'), from: writeRate(before.rate_per_second), to: writeRate(after.rate_per_second) },
    { what: say('channel-quiet'), from: writeQuiet(before.quiet), to: writeQuiet(after.quiet) },
  ]
  const differing = all.filter(({ from, to }) => from !== to)
  return differing.length > 0 ? differing : all
}
