/** Quiet hours as they are written, entered and asked for. */

import { CITY_ZONE } from '../../lib/format'
import { say } from './words'

export interface Quiet {
  on: boolean
  from: string
  to: string
  zone: string
}

/** What the service keeps: a time, a time, a zone; null while there are none. */
export interface Kept {
  quiet_from: string | null
  quiet_to: string | null
  quiet_zone: string | null
}

const minute = (time: string | null) => time?.slice(0, 5) ?? ''

export const quietOf = (kept: Kept | null): Quiet =>
  kept?.quiet_from
    ? { on: true, from: minute(kept.quiet_from), to: minute(kept.quiet_to), zone: kept.quiet_zone ?? CITY_ZONE }
    : { on: false, from: '22:00', to: '07:00', zone: CITY_ZONE }

export const requestOf = ({ on, from, to, zone }: Quiet) => (on ? { from, to, zone: zone.trim() } : null)

export const isFilled = ({ on, from, to }: Quiet): boolean => !on || (from !== '' && to !== '')

export function nameQuiet(kept: Kept): string {
  const [from, to] = [minute(kept.quiet_from), minute(kept.quiet_to)]
  const zone = kept.quiet_zone && kept.quiet_zone !== CITY_ZONE ? say('quiet-zone', { zone: kept.quiet_zone }) : ''
  return say(from < to ? 'quiet' : 'quiet-next-day', { from, to }) + zone
}
