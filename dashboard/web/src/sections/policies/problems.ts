/** What the service finds wrong with a policy: its own words, in Chinese where the page knows the sentence. */

import { word } from '../../lib/i18n'
import { prefs } from '../../lib/prefs.svelte'
import { nameTarget } from './naming'

const IN_CHINESE: readonly [sentence: RegExp, zh: (found: readonly string[]) => string][] = [
  [/^a policy needs at least one step$/, () => '至少要有一步'],
  [/^the first step must come at once/, () => '第一步必须立即通知（0 秒）'],
  [/^each step must come later/, () => '每一步都要比前一步晚'],
  [/^the last step must come within (\d+) s$/, ([, n]) => `最后一步要在 ${n} 秒以内`],
  [/^step (\d+) calls nobody/, ([, n]) => `第 ${Number(n) + 1} 步没有通知对象`],
  [/^step (\d+) names a target twice$/, ([, n]) => `第 ${Number(n) + 1} 步的通知对象重复`],
  [/^step (\d+): there is no output `(.+?)`/, ([, n, output]) => `第 ${Number(n) + 1} 步：没有“${output}”这种现场设备`],
  [/^step (\d+) names an output twice$/, ([, n]) => `第 ${Number(n) + 1} 步的现场设备重复`],
  [/^step (\d+) says output_seconds and names no outputs/, ([, n]) => `第 ${Number(n) + 1} 步写了时长，却没有选现场设备`],
  [/^step (\d+): output_seconds must be between (\d+) and (\d+)/, ([, n, from, to]) =>
    `第 ${Number(n) + 1} 步：现场设备开多久要在 ${from} 到 ${to} 秒之间，不填为直到结案`],
  [/^a live policy must repeat/, () => '真实警情的策略必须一直重复通知，直到有人接警'],
  [/^(repeat_after_seconds|acknowledgement_seconds|takers_needed) must be between (\d+) and (\d+)$/, ([, what, from, to]) =>
    `${{ repeat_after_seconds: '重复通知的间隔', acknowledgement_seconds: '接警后的期限', takers_needed: '接警人数' }[what ?? '']}要在 ${from} 到 ${to} 之间`],
  [/says without_police and names/, () => '既选了移交 110，又选了不移交：去掉一个'],
  [/^no step hands over to 110/, () => '没有一步移交 110：请在第一步加上 110，或者勾选“明确不移交 110”'],
  [/^name a kind of press or a class/, () => '报警类别和大类只能选一个'],
  [/^a rule for one school needs no kind of school$/, () => '只用于一所学校的策略不需要学校类别'],
  [/^hours name a weekday twice$/, () => '星期重复'],
  [/^there is no person (.+?):/, ([, who]) => `没有人员 ${nameTarget(`person:${who}`)}`],
  [/^there is no channel (.+)$/, ([, code]) => `没有通知方式 ${word('channel', code ?? '')}`],
  [/^there is no school/, () => '没有这所学校'],
  [/^there is no district/, () => '没有这个区市'],
  [/^a rule with this place and these conditions is in force already/, () =>
    '同样范围和条件的策略已经有了：请修改那一条，或者先停用它'],
]

export function sayProblem(sentence: string): string {
  if (prefs.language !== 'zh') return sentence
  for (const [pattern, zh] of IN_CHINESE) {
    const found = pattern.exec(sentence)
    if (found) return zh(found)
  }
  return sentence
}
