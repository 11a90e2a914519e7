/** What the page says, in the language that the person chose. */

import type { District } from '../contract'
import { prefs } from '../prefs.svelte'
import { en } from './en'
import { zh, type Key } from './zh'

export type { Key } from './zh'

export type Values = Record<string, string | number>

const dictionaries: Record<'zh' | 'en', Record<Key, string>> = { zh, en }

function fill(sentence: string, values: Values): string {
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

export function t(key: Key, values: Values = {}): string {
  return fill(dictionaries[prefs.language][key], values)
}

/** A word that came from the service; one that no dictionary knows yet is shown as it came. */
export function word(group: string, said: string): string {
  const key = `${group}.${said}`
  return key in zh ? t(key as Key) : said
}

/** The words of one page, fetched with it: `say` is its `t`, `name` its `word`. English must have every key that Chinese has. */
export function speak<K extends string>(inZh: Record<K, string>, inEn: Record<NoInfer<K>, string>) {
  const say = (key: K, values: Values = {}): string => fill((prefs.language === 'zh' ? inZh : inEn)[key], values)
  const name = (group: string, said: string): string => {
    const key = `${group}.${said}`
    return key in inZh ? say(key as K) : word(group, said)
  }
  return { say, name }
}

export function nameDistrict(district: District | undefined, code: string | null): string {
  if (!district) return code ?? ''
  return prefs.language === 'en' && district.name_en ? district.name_en : district.name
}
