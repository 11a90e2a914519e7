/** Reports as files: fetched here, so that a refusal is told in words and not saved as a file. */

import { NoAnswer, readRefusal } from './api'
import { prefs } from './prefs.svelte'

export type Form = 'pdf' | 'xlsx'
export type Subject = 'incidents' | 'windows'

/** A PDF of a long drill takes the machine a while. */
const TIMEOUT_MS = 120_000

/** An after-action report. Throws Refusal and NoAnswer. */
export const saveReport = (subject: Subject, id: number, form: Form): Promise<void> =>
  saveFile(`/${subject}/${id}/report.${form}?lang=${prefs.language}`, `${subject}-${id}.${form}`)

/** Fetches a file and gives it to the browser to keep, as the service calls it or by `name`. Throws Refusal and NoAnswer. */
export async function saveFile(path: string, name: string): Promise<void> {
  const inTime = new AbortController()
  const timer = setTimeout(() => inTime.abort(), TIMEOUT_MS)
  try {
    const response = await fetchFile(`/api/v1${path}`, inTime.signal)
    if (!response.ok) throw await whyNot(response)
    handOver(await response.blob(), nameOf(response) ?? name)
  } finally {
    clearTimeout(timer)
  }
}

async function fetchFile(path: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(path, { credentials: 'same-origin', signal })
  } catch (error) {
    throw new NoAnswer(String(error))
  }
}

async function whyNot(response: Response): Promise<Error> {
  const problem: unknown = await response.json().catch(() => null)
  return problem === null ? new NoAnswer(`${response.status}`) : readRefusal(response, problem)
}

const nameOf = (response: Response) => /filename="([^"]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1]

/** Gives a file to the browser to keep. */
export function handOver(file: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000) // browsers read it after the click
}
