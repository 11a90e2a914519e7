/** What plans are called and when they count, in the person's language. */

import type { PlanHead, Responsibility } from '../../lib/contract'
import { t, word } from '../../lib/i18n'
import { prefs } from '../../lib/prefs.svelte'
import { say } from './words'

export const namePlan = ({ name, name_en }: PlanHead): string => (prefs.language === 'en' && name_en ? name_en : name)

export const nameDuty = ({ text, text_en }: Responsibility): string => (prefs.language === 'en' && text_en ? text_en : text)

export const nameKinds = ({ kinds }: PlanHead): string =>
  kinds.length === 0 ? say('every-kind') : kinds.map((kind) => word('kind', kind)).join(t('app.comma'))

export const nameValidity = ({ valid_from, valid_until }: PlanHead): string =>
  valid_until === null ? say('from-on', { from: valid_from }) : say('from-to', { from: valid_from, to: valid_until })
