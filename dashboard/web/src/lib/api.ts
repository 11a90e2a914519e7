/** Asking the service over HTTP. An answer is a value, a refusal with a slug, or no answer at all. */

const TIMEOUT_MS = 10_000
const RETRY_AFTER_MS = [400, 1_200]

/** Refusals that stay: what is asked for lies outside the person's place, their role has no right to it, or they must switch
 * their second factor on, or choose a password of their own, first. */
const BARS = ['not-your-place', 'not-allowed', 'second-factor-first', 'choose-password-first'] as const
export type Bar = (typeof BARS)[number]

export const isBar = (slug: string): slug is Bar => (BARS as readonly string[]).includes(slug)

/** The service said no; `slug` ends its problem type. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly slug: string,
    readonly detail: string,
    readonly retryAfterSeconds: number | null,
    /** What is wrong with which field of the question, in the service's words. */
    readonly errors: readonly { field: string; message: string }[] = [],
  ) {
    super(detail || slug)
  }

  /** What to mend, in the service's words. */
  get problem(): string {
    return this.errors[0]?.message ?? (this.detail || this.slug)
  }
}

/** Nobody answered in time, or the answer was no answer of ours. */
export class NoAnswer extends Error {}

export interface Question {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  /** A file that is sent as it is, in the place of `body`. */
  file?: { type: string; content: Blob }
  /** Repeating the question with the same key changes nothing twice, so it is repeated when nobody answers. */
  key?: string
  /** Ask once, even when nobody answers. */
  once?: boolean
  /** How long to wait for the answer, where ten seconds would be too short. */
  patienceMs?: number
  signal?: AbortSignal
}

let onSignedOut: () => void = () => undefined

/** `listener` is called whenever the service answers that nobody is signed in. */
export function whenSignedOut(listener: () => void): void {
  onSignedOut = listener
}

let proveAgain: () => Promise<boolean> = () => Promise.resolve(false)

/** `listener` is called when the service wants to know once more who is there, before it does what was asked. It says
 * whether they showed it; then the question is asked again. */
export function whenProofNeeded(listener: () => Promise<boolean>): void {
  proveAgain = listener
}

export async function ask<T>(path: string, question: Question = {}): Promise<T> {
  try {
    return await askPatiently<T>(path, question)
  } catch (error) {
    const needed = error instanceof Refusal && error.slug === 'prove-again'
    if (!needed || question.signal?.aborted || !(await proveAgain())) throw error
    return askPatiently<T>(path, question)
  }
}

async function askPatiently<T>(path: string, question: Question): Promise<T> {
  const repeatable = question.key !== undefined || (question.method ?? 'GET') === 'GET'
  const pauses = repeatable && !question.once ? RETRY_AFTER_MS : []
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await askOnce<T>(path, question)
    } catch (error) {
      const pause = pauses[attempt]
      if (!(error instanceof NoAnswer) || pause === undefined || question.signal?.aborted) throw error
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }
}

async function askOnce<T>(path: string, question: Question): Promise<T> {
  const response = await fetchInTime(path, question)
  if (response.status === 204 || (response.ok && response.headers.get('Content-Length') === '0')) return undefined as T
  if (response.ok) {
    const answer: unknown = await response.json().catch(() => null)
    if (answer === null) throw new NoAnswer(`${response.status}`)
    return answer as T
  }
  const refusal = await refusalOf(response)
  // The first of two equal questions is still being worked on: the second gets the same answer in a moment.
  if (refusal instanceof Refusal && refusal.slug === 'still-working') throw new NoAnswer(refusal.slug)
  throw refusal
}

async function fetchInTime(path: string, question: Question): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (question.file) headers['Content-Type'] = question.file.type
  else if (question.body !== undefined) headers['Content-Type'] = 'application/json'
  if (question.key) headers['Idempotency-Key'] = question.key
  const inTime = new AbortController()
  const abort = () => inTime.abort()
  const timer = setTimeout(abort, question.patienceMs ?? TIMEOUT_MS)
  question.signal?.addEventListener('abort', abort)
  try {
    return await fetch(`/api/v1${path}`, {
      method: question.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      signal: inTime.signal,
      ...bodyOf(question),
    })
  } catch (error) {
    throw new NoAnswer(String(error))
  } finally {
    clearTimeout(timer)
    question.signal?.removeEventListener('abort', abort)
  }
}

/** Asks for something that takes long: the service answers line by line, as it comes. Aborting the signal ends it there, too. */
export async function* askLines<T>(path: string, body: unknown, signal: AbortSignal): AsyncGenerator<T> {
  let rest = ''
  try {
    const response = await fetch(`/api/v1${path}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      credentials: 'same-origin',
      body: JSON.stringify(body),
      signal,
    })
    if (!response.ok || !response.body) throw await refusalOf(response)
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      const lines = (rest + part.value).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield JSON.parse(line) as T
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new NoAnswer(String(error))
  }
}

async function refusalOf(response: Response): Promise<Refusal | NoAnswer> {
  const answer: unknown = await response.json().catch(() => null)
  if (response.status >= 502 || answer === null) return new NoAnswer(`${response.status}`)
  const refusal = readRefusal(response, answer)
  if (refusal.slug === 'not-signed-in') onSignedOut()
  return refusal
}

function bodyOf({ file, body }: Question): { body?: BodyInit } {
  if (file) return { body: file.content }
  return body === undefined ? {} : { body: JSON.stringify(body) }
}

export function readRefusal(response: Response, answer: unknown): Refusal {
  const problem = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<string, unknown>
  const slug = String(problem['type'] ?? '').split(/[/:#]/).pop() ?? ''
  const wait = Number(response.headers.get('Retry-After'))
  const detail = String(problem['detail'] ?? problem['title'] ?? '')
  const errors = Array.isArray(problem['errors']) ? (problem['errors'] as Refusal['errors']) : []
  return new Refusal(response.status, slug, detail, wait > 0 ? wait : null, errors)
}

/** A key that nobody else uses. `crypto.randomUUID` is missing where the page is not served over https. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
