/** A board of the past, second by second, by the very reducer that shows the live one. It makes no sound and asks nobody. */

import { ask, NoAnswer, Refusal } from './api'
import type { District, Incident, Instant, ReplayedBoard, ReplayedChange, ReplayedChanges } from './contract'
import { nameSchool, type BoardInView } from './desk.svelte'
import { applyMessage, countBoard, newBoard, noEffects, queueIncidents, type Counts, type Effects, type FeedMessage, type News, type Queue } from './feed'
import { CITY_ZONE } from './format'
import { nameDistrict } from './i18n'
import { stateAfter, type Ending } from './loading.svelte'

const BEAT_MS = 100
const MOST_CHANGES = 50_000
export const LONGEST_MS = 7_200_000
export const SPEEDS = [1, 4, 16] as const

interface Step {
  at: number
  message: FeedMessage
}

/** Something that people should have heard of, on the line of time. */
export interface Mark {
  at: number
  kind: News['kind']
  incident: Incident
}

export class Replay implements BoardInView {
  /** Read by what shows a board. */
  readonly live: BoardInView['live']
  readonly zone = CITY_ZONE
  queue = $state.raw<Queue>({ live: [], exercise: [] })
  counts = $state.raw<Counts>(countBoard(newBoard()))
  districts = $state.raw<ReadonlyMap<string, District>>(new Map())

  state = $state<'idle' | 'loading' | 'ready' | Ending>('idle')
  /** Why nothing is shown; empty unless the service refused. */
  slug = $state('')
  /** The time shown, and the first and the last that can be. */
  now = $state(0)
  from = $state(0)
  until = $state(0)
  playing = $state(false)
  speed = $state<(typeof SPEEDS)[number]>(1)
  marks = $state.raw<readonly Mark[]>([])
  /** More happened than is held at once: the line ends earlier than was asked for. */
  cut = $state(false)

  private readonly board = newBoard()
  private version = $state(0)
  private loaded = $state(false)
  private readonly listeners = new Set<(effects: Effects) => void>()
  private first: FeedMessage | null = null
  private steps: readonly Step[] = []
  private done = 0
  private beating: ReturnType<typeof setInterval> | null = null
  private beatAt = 0
  private asking: AbortController | null = null

  constructor() {
    const replay = this
    this.live = {
      board: this.board,
      get version() {
        return replay.version
      },
      get loaded() {
        return replay.loaded
      },
      get now() {
        return replay.now
      },
      listen(listener) {
        replay.listeners.add(listener)
        return () => replay.listeners.delete(listener)
      },
    }
  }

  nameSchool(incident: Incident): string {
    return nameSchool(incident)
  }

  nameDistrictOf(code: string | null): string {
    return nameDistrict(code === null ? undefined : this.districts.get(code), code)
  }

  /** Fetches the board at `from` and what it was told until `until`, and shows the start. */
  async open(from: number, until: number): Promise<void> {
    this.close()
    const asking = new AbortController()
    this.asking = asking
    this.state = 'loading'
    try {
      const first = await ask<ReplayedBoard>(`/replay?at=${encodeURIComponent(write(from))}`, { signal: asking.signal })
      const { steps, reached } = await this.fetchSteps(first, until, asking.signal)
      if (asking.signal.aborted) return
      this.begin(first, steps, reached)
    } catch (error) {
      if (asking.signal.aborted) return
      if (!(error instanceof Refusal || error instanceof NoAnswer)) throw error
      this.slug = error instanceof Refusal ? error.slug : ''
      this.state = stateAfter(error)
    }
  }

  close(): void {
    this.asking?.abort()
    this.asking = null
    this.pause()
    this.slug = ''
  }

  play(): void {
    if (this.state !== 'ready' || this.playing) return
    if (this.now >= this.until) this.seek(this.from)
    this.playing = true
    this.beatAt = performance.now()
    this.beating = setInterval(() => this.beat(), BEAT_MS)
  }

  pause(): void {
    if (this.beating !== null) clearInterval(this.beating)
    this.beating = null
    this.playing = false
  }

  /** Shows another time; going back begins anew from the start, for changes cannot be taken back. */
  seek(at: number): void {
    if (!this.first) return
    const wanted = Math.min(this.until, Math.max(this.from, at))
    const effects = noEffects()
    if (wanted < this.now) {
      this.done = 0
      applyMessage(this.board, this.first, effects)
    }
    this.now = wanted
    while (this.done < this.steps.length && this.steps[this.done]!.at <= wanted) {
      applyMessage(this.board, this.steps[this.done]!.message, effects)
      this.done += 1
    }
    this.tell(effects)
  }

  /** To the mark before or after the time shown. */
  jump(forward: boolean): void {
    const found = forward
      ? this.marks.find(({ at }) => at > this.now)
      : [...this.marks].reverse().find(({ at }) => at < this.now - 500)
    if (found) this.seek(found.at)
  }

  private async fetchSteps(first: ReplayedBoard, until: number, signal: AbortSignal): Promise<{ steps: Step[]; reached: number }> {
    const steps: Step[] = []
    let after: string | null = first.cursor
    let since: Instant = first.at
    while (after !== null && steps.length < MOST_CHANGES) {
      const asked: string = `/replay/changes?after=${after}&since=${encodeURIComponent(since)}&until=${encodeURIComponent(write(until))}`
      const told: ReplayedChanges = await ask<ReplayedChanges>(asked, { signal })
      for (const change of told.items) steps.push({ at: Date.parse(change.at), message: asMessage(change) })
      after = told.next
      since = told.until
    }
    this.cut = after !== null
    return { steps, reached: Date.parse(since) }
  }

  private begin(first: ReplayedBoard, steps: readonly Step[], reached: number): void {
    this.first = first as FeedMessage
    this.steps = steps
    this.done = 0
    this.from = this.now = Date.parse(first.at)
    this.until = Math.max(this.from, reached)
    this.marks = findMarks(this.first, steps)
    this.districts = new Map(first.districts.map((district) => [district.code, district]))
    const effects = noEffects()
    applyMessage(this.board, this.first, effects)
    this.loaded = true
    this.state = 'ready'
    this.tell(effects)
  }

  private beat(): void {
    const now = performance.now()
    this.seek(this.now + (now - this.beatAt) * this.speed)
    this.beatAt = now
    if (this.now >= this.until) this.pause()
  }

  /** News of the past is no news: nobody is rung, and nothing is said aloud. */
  private tell(effects: Effects): void {
    if (!effects.replaced && effects.incidents.size + effects.schools.size + effects.compliance.size === 0) return
    this.queue = queueIncidents(this.board)
    this.counts = countBoard(this.board)
    this.version += 1
    for (const listener of this.listeners) listener(effects)
  }
}

function findMarks(first: FeedMessage, steps: readonly Step[]): Mark[] {
  const board = newBoard()
  applyMessage(board, first, noEffects())
  return steps.flatMap(({ at, message }) => {
    const effects = noEffects()
    applyMessage(board, message, effects)
    return effects.news.filter(({ kind }) => kind !== 'pressed').map(({ kind, incident }) => ({ at, kind, incident }))
  })
}

const asMessage = ({ type, cursor, kind, item }: ReplayedChange): FeedMessage => ({ type, cursor, kind, item }) as unknown as FeedMessage

const write = (at: number): Instant => new Date(at).toISOString()
