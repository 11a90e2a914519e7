/** What the page says, in the language that the person chose. */

import type { District } from '../contract'
import { prefs } from '../prefs.svelte'
import { en } from './en'
import { zh, type Key } from './zh'

export type { Key } from './zh'

const dictionaries: Record<'zh' | 'en', Record<Key, string>> = { zh, en }

export function t(key: Key, values: Record<string, string | number> = {}): string {
  return dictionaries[prefs.language][key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** A word that came from the service; one that no dictionary knows yet is shown as it came. */
export function word(group: string, said: string): string {
  const key = `${group}.${said}`
  return key in zh ? t(key as Key) : said
}

export function nameDistrict(district: District | undefined, code: string | null): string {
  if (!district) return code ?? ''
  return prefs.language === 'en' && district.name_en ? district.name_en : district.name
}
