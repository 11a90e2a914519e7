/** What installers take along: a CSV file that spreadsheets open as it is. */

import type { CredentialRow, IssuedCredential } from '../../lib/contract'

const HEADINGS = ['device', 'school', 'school_name', 'point', 'user_name', 'password', 'topic']
/** By these a spreadsheet takes a cell for a formula. */
const FORMULA = /^[=+\-@\t\r]/

export function writeSheet(issued: readonly IssuedCredential[], rows: readonly CredentialRow[]): Blob {
  const places = new Map(rows.map((one) => [one.device, one]))
  const lines = issued.map((one) => {
    const place = places.get(one.device)
    return [one.device, one.school, place?.school_name ?? '', place?.point ?? '', one.user_name, one.password, one.topic]
  })
  const text = [HEADINGS, ...lines].map((cells) => cells.map(writeCell).join(',')).join('\r\n')
  return new Blob(['\ufeff', text, '\r\n'], { type: 'text/csv;charset=utf-8' })
}

function writeCell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
