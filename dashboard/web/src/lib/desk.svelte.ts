/** One watching desk: the live board, what is said aloud of it, and what the person looks for in it. */

import { getContext, setContext } from 'svelte'
import { forgetActing } from './acting.svelte'
import { alarm } from './alarm.svelte'
import { attention } from './attention.svelte'
import { CITY_ZONE } from './format'
import { countBoard, queueIncidents, type Board, type Counts, type Effects, type News, type Queue } from './feed'
import { nameDistrict, t, word } from './i18n'
import { Live } from './live.svelte'
import type { District, Incident } from './contract'
import { place } from './route.svelte'
import { session } from './session.svelte'
import { Shown } from './shown'
import { Takeover } from './takeover.svelte'

const KEPT = 5

/** The last few sentences that were said aloud. New ones are added, so that none overwrites one not yet read. */
class Sayings {
  said = $state.raw<readonly { number: number; text: string }[]>([])
  private count = 0

  say(text: string): void {
    this.count += 1
    this.said = [...this.said.slice(1 - KEPT), { number: this.count, text }]
  }
}

/** A board that somebody looks at: the live one, or one of the past. What only shows it needs no more. */
export interface BoardInView {
  readonly live: {
    /** Changed in place; read it again whenever `version` moves. */
    readonly board: Board
    readonly version: number
    readonly loaded: boolean
    /** The time on this board, in ms. */
    readonly now: number
    listen(listener: (effects: Effects) => void): () => void
  }
  readonly queue: Queue
  readonly districts: ReadonlyMap<string, District>
  readonly zone: string
  nameSchool(incident: Incident): string
  nameDistrictOf(code: string | null): string
}

export class Desk implements BoardInView {
  readonly live = new Live(() => session.lapse())
  readonly takeover = new Takeover()
  readonly shown = new Shown((items) => this.live.tellShown(items))
  queue = $state.raw<Queue>({ live: [], exercise: [] })
  counts = $state.raw<Counts>(countBoard(this.live.board))
  districts = $state.raw<ReadonlyMap<string, District>>(new Map())
  /** For screen readers: what interrupts, and what waits. */
  readonly urgent = new Sayings()
  readonly calm = new Sayings()

  readonly blind = $derived(
    this.live.health === 'stale' ||
      this.live.health === 'lost' ||
      !this.live.service.presses ||
      !this.live.service.engine,
  )
  readonly untaken = $derived(this.queue.live.filter(({ state }) => state === 'open'))
  readonly zone = CITY_ZONE

  constructor() {
    this.live.listen((effects) => this.follow(effects))
  }

  nameSchool(incident: Incident): string {
    return nameSchool(incident)
  }

  nameDistrictOf(code: string | null): string {
    return nameDistrict(code === null ? undefined : this.districts.get(code), code)
  }

  /** The districts that the person may choose among. */
  get choosable(): District[] {
    const { district, school } = session.place
    const all = [...this.districts.values()]
    if (school !== null) return []
    return district === null ? all : all.filter(({ code }) => code === district)
  }

  /** Whether the person stands for a school, a district or, with neither, the city, or for what it lies in. */
  holds({ school, district }: { school: string | null; district: string | null }): boolean {
    const own = session.place
    if (own.school !== null) return school === own.school
    if (own.district === null) return true
    return (school === null ? district : this.live.board.schools.get(school)?.item.district) === own.district
  }

  /** Whom the person stands for, by name. */
  get placeName(): string {
    const { school, district } = session.place
    void this.live.version
    if (school !== null) return this.live.board.schools.get(school)?.item.name ?? school
    return district === null ? t('user.city') : this.nameDistrictOf(district)
  }

  private follow(effects: Effects): void {
    const { board } = this.live
    if (effects.replaced) this.districts = new Map(board.districts.map((district) => [district.code, district]))
    if (effects.replaced || effects.incidents.size > 0) this.queue = queueIncidents(board)
    this.counts = countBoard(board)
    alarm.hear(effects.news)
    this.takeover.hear(effects.news)
    attention.tell(
      effects.news,
      ({ kind, incident }) => t(`say.${kind}`, this.wordsOf(incident)),
      (id) => place.go({ view: 'incident', id }),
    )
    this.say(effects.news)
    if (effects.news.some(({ kind }) => kind === 'closed')) forgetActing((id) => board.incidents.has(id))
  }

  private wordsOf(incident: Incident) {
    return {
      kind: word('kind', incident.kind),
      mode: word('mode', incident.mode),
      place: [this.nameSchool(incident), incident.point].filter(Boolean).join(' '),
      n: incident.presses,
      name: incident.responding_by ?? incident.acknowledged_by ?? '',
    }
  }

  private say(news: readonly News[]): void {
    const urgent: string[] = []
    const calm: string[] = []
    for (const { kind, incident } of news) {
      const words = this.wordsOf(incident)
      if (incident.mode !== 'live') {
        if (kind === 'opened') calm.push(t('say.exercise', words))
      } else if (kind === 'opened' || kind === 'reopened') urgent.push(t(`say.${kind}`, words))
      else calm.push(t(`say.${kind}`, words))
    }
    // More than a handful at once cannot be listened to: the number is what counts then.
    if (urgent.length > 3) this.urgent.say(t('say.waiting', { n: this.untaken.length }))
    else urgent.forEach((text) => this.urgent.say(text))
    calm.slice(-3).forEach((text) => this.calm.say(text))
  }
}

export const nameSchool = (incident: Incident): string =>
  incident.school_name ?? incident.school ?? `${t('mark.unplaced')} · ${incident.device}`

const NAME = Symbol('desk')
const VIEW = Symbol('board in view')

export function provideDesk(desk: Desk): void {
  setContext(NAME, desk)
  provideBoard(desk)
}

/** What is inside shows this board, and not the live one. */
export function provideBoard(board: BoardInView): void {
  setContext(VIEW, board)
}

export function useBoard(): BoardInView {
  return getContext<BoardInView>(VIEW)
}

export function useDesk(): Desk {
  return getContext<Desk>(NAME)
}
