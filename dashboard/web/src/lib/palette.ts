/** What a person may mean by a few letters: a page, an incident, a school. Pure: no page, no clock. */

export interface Choice {
  /** What it is known by; each kind of choice has its own. */
  key: string
  name: string
  /** What else it may be found by, and what stands beside its name. */
  hint: string
  run: () => void
}

const MOST = 12

/** The choices in which every word is found: those whose name begins so before those that only contain it. */
export function findChoices(choices: readonly Choice[], words: string): Choice[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean)
  const found: { choice: Choice; rank: number }[] = []
  for (const choice of choices) {
    const name = choice.name.toLowerCase()
    const all = `${name} ${choice.hint.toLowerCase()}`
    if (!wanted.every((word) => all.includes(word))) continue
    found.push({ choice, rank: wanted.length > 0 && name.startsWith(wanted[0]!) ? 0 : 1 })
  }
  return found.sort((one, other) => one.rank - other.rank).slice(0, MOST).map(({ choice }) => choice)
}
