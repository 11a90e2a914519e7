/** Why a press would reach nobody, in the person's language. */

import type { Reason } from './contract'
import { knownZone, writeDayMinute } from './format'
import { t, word, type Key } from './i18n'
import { prefs } from './prefs.svelte'

export function sayReason(reason: Reason, zone: string): string {
  return t(`because.${reason.code}` as Key, {
    kind: reason.post_kind ? word('post', reason.post_kind) : '',
    post: reason.post_name ?? reason.post ?? '',
    person: reason.person_name ?? reason.person ?? '',
    code: reason.person ?? '',
    at: reason.at ? writeDayMinute(Date.parse(reason.at), knownZone(zone), prefs.locale) : '',
    channels: reason.channels.map((channel) => word('channel', channel)).join(t('app.comma')),
    seconds: reason.seconds ?? 0,
  })
}
