/** Instants, durations and numbers as text. Formatters are made once: making one per cell is what slows a page. */

export const CITY_ZONE = 'Asia/Shanghai'

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(locale: string, zone: string, parts: 'time' | 'minute' | 'date' | 'day' | 'weekday'): Intl.DateTimeFormat {
  const name = `${locale} ${zone} ${parts}`
  let made = formatters.get(name)
  if (!made) {
    const options: Record<typeof parts, Intl.DateTimeFormatOptions> = {
      time: { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
      minute: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
      date: { year: 'numeric', month: '2-digit', day: '2-digit' },
      day: { month: '2-digit', day: '2-digit' },
      weekday: { weekday: 'short', month: 'short', day: 'numeric' },
    }
    made = new Intl.DateTimeFormat(locale, { ...options[parts], timeZone: zone })
    formatters.set(name, made)
  }
  return made
}

/** A zone that the browser knows; a registry can name one that it does not. */
export function knownZone(zone: string | null | undefined): string {
  if (!zone) return CITY_ZONE
  try {
    formatter('en', zone, 'time')
    return zone
  } catch {
    return CITY_ZONE
  }
}

/** `14:03:09` */
export function writeTime(at: number, zone: string, locale: string): string {
  return formatter(locale, zone, 'time').format(at)
}

/** `Mon, Nov 23` */
export function writeDay(at: number, zone: string, locale: string): string {
  return formatter(locale, zone, 'weekday').format(at)
}

/** The time alone on the day of `now`, with the date on any other day. */
export function writeInstant(at: number, now: number, zone: string, locale: string): string {
  const day = formatter('en-CA', zone, 'date')
  const time = writeTime(at, zone, locale)
  if (day.format(at) === day.format(now)) return time
  const sameYear = day.format(at).slice(0, 4) === day.format(now).slice(0, 4)
  return `${sameYear ? formatter('en-CA', zone, 'day').format(at) : day.format(at)} ${time}`
}

/** `UTC+8`; reckoned, because browsers learned to say it only in late 2021. */
export function writeOffset(at: number, zone: string): string {
  const minutes = offsetMinutes(at, zone)
  const rest = Math.abs(minutes % 60)
  return `UTC${minutes < 0 ? '-' : '+'}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${rest}` : ''}`
}

/** Minutes by which the clock of a zone is ahead of UTC at an instant. */
function offsetMinutes(at: number, zone: string): number {
  const there = Date.parse(`${formatter('en-CA', zone, 'date').format(at)}T${writeTime(at, zone, 'en-CA')}Z`)
  return Math.round((there - at) / 60_000)
}

/** What a `datetime-local` field says, as an instant (ms) by the clock of `zone`; null while the field is not filled. */
export function readLocal(said: string, zone: string): number | null {
  const naive = Date.parse(`${said}Z`)
  if (Number.isNaN(naive)) return null
  const guess = naive - offsetMinutes(naive, zone) * 60_000
  return naive - offsetMinutes(guess, zone) * 60_000 // again, for a day on which the clocks change
}

/** An instant as a `datetime-local` field says it, to the minute. */
export function writeLocal(at: number, zone: string): string {
  return `${formatter('en-CA', zone, 'date').format(at)}T${formatter('en-GB', zone, 'minute').format(at)}`
}

/** `Tue, Nov 24 07:30` */
export function writeDayMinute(at: number, zone: string, locale: string): string {
  return `${writeDay(at, zone, locale)} ${formatter(locale, zone, 'minute').format(at)}`
}

/** `Tue, Nov 24 07:30 – 09:00`, with the day of the end only where that is another one. */
export function writeSpan(from: number, to: number, zone: string, locale: string): string {
  const end = writeDayMinute(to, zone, locale)
  const sameDay = writeDay(from, zone, locale) === writeDay(to, zone, locale)
  return `${writeDayMinute(from, zone, locale)} – ${sameDay ? formatter(locale, zone, 'minute').format(to) : end}`
}

/** `00:23`, `12:05`, `1:02:03` */
export function writeClock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (number: number) => String(number).padStart(2, '0')
  const hours = Math.floor(whole / 3600)
  const rest = `${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`
  return hours > 0 ? `${hours}:${rest}` : rest
}

const counters = new Map<string, Intl.NumberFormat>()

/** `9,812` */
export function writeCount(count: number, locale: string): string {
  let made = counters.get(locale)
  if (!made) {
    made = new Intl.NumberFormat(locale)
    counters.set(locale, made)
  }
  return made.format(count)
}
