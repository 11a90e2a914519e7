import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

const css = readFileSync('src/styles/palette.css', 'utf8')

function readTheme(selector: string): Map<string, string> {
  const start = css.indexOf(`${selector} {`)
  const block = css.slice(start, css.indexOf('}', start))
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, colour]) => [name!, colour!]))
}

const light = readTheme(':root')
const themes = { light, dark: new Map([...light, ...readTheme(":root[data-theme='dark']")]) }

/** Relative luminance and contrast as WCAG 2 defines them. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

function contrast(one: string, other: string): number {
  const [darker, brighter] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (brighter! + 0.05) / (darker! + 0.05)
}

const WORDS: [ink: string, ...grounds: string[]][] = [
  ['text', 'surface', 'raised', 'ground', 'alarm-soft', 'taken-soft', 'going-soft'],
  ['muted', 'surface', 'raised', 'ground', 'taken-soft', 'going-soft'],
  ['accent', 'surface', 'raised'],
  ['accent-text', 'accent'],
  ['bar-text', 'bar', 'bar-raised'],
  ['bar-muted', 'bar', 'bar-raised'],
  ['alarm-text', 'alarm', 'alarm-deep'],
  ['alarm-ink', 'surface', 'raised', 'alarm-soft'],
  ['taken-ink', 'surface', 'raised', 'taken-soft'],
  ['going-ink', 'surface', 'raised', 'going-soft'],
  ['calm-ink', 'surface', 'raised', 'calm-soft', 'alarm-soft'],
  ['fault-ink', 'surface', 'raised', 'fault-soft', 'alarm-soft'],
  ['exercise-text', 'exercise', 'exercise-stripe'],
  ['exercise-ink', 'surface', 'raised', 'exercise-soft'],
  ['map-label', 'map-area', 'map-ground'],
]

/** Marks, borders of fields and focus rings: 3 to 1 (WCAG 1.4.11). */
const SHAPES: [ink: string, ...grounds: string[]][] = [
  ['edge', 'surface', 'raised'],
  ['focus', 'surface', 'raised', 'ground', 'alarm-soft'],
  ['map-quiet', 'map-area', 'map-ground'],
  ['map-never', 'map-area', 'map-ground'],
  ['map-fault', 'map-area', 'map-ground'],
  ['map-exercise', 'map-area', 'map-ground'],
]

for (const [theme, colours] of Object.entries(themes)) {
  for (const [pairs, least] of [
    [WORDS, 4.5],
    [SHAPES, 3],
  ] as const) {
    for (const [ink, ...grounds] of pairs) {
      for (const ground of grounds) {
        test(`${theme}: ${ink} can be told from ${ground}`, () => {
          const found = contrast(colours.get(ink)!, colours.get(ground)!)
          assert.ok(found >= least, `${found.toFixed(2)} is less than ${least}`)
        })
      }
    }
  }
}

test('the dark theme gives every colour that means something anew', () => {
  const dark = readTheme(":root[data-theme='dark']")
  assert.deepEqual([...light.keys()].filter((name) => !dark.has(name)), [])
})
