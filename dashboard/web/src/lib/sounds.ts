/** What alarms sound like: tones as numbers, played by WebAudio, so that no file can be missing. */

import type { Kind } from './contract'

export type SoundName = Kind | 'exercise' | 'fault'

/** One tone: seconds from the start of the pattern, and how the pitch glides. */
interface Tone {
  at: number
  seconds: number
  hertz: number
  glideTo?: number
  wave: OscillatorType
  gain: number
}

export interface Sound {
  tones: readonly Tone[]
  /** After so many seconds it starts again, as long as it is wanted. */
  cycleSeconds: number
}

function repeat(count: number, every: number, ...tones: Tone[]): Tone[] {
  return Array.from({ length: count }, (_, turn) => tones.map((tone) => ({ ...tone, at: tone.at + turn * every }))).flat()
}

const LOUD = 0.28
const SOFT = 0.1

export const SOUNDS: Record<SoundName, Sound> = {
  // Two-tone, like the siren that people know.
  panic: {
    cycleSeconds: 2.4,
    tones: repeat(
      3,
      0.6,
      { at: 0, seconds: 0.28, hertz: 960, wave: 'square', gain: LOUD },
      { at: 0.3, seconds: 0.28, hertz: 740, wave: 'square', gain: LOUD },
    ),
  },
  // A rising wail.
  violence: {
    cycleSeconds: 2.2,
    tones: repeat(4, 0.42, { at: 0, seconds: 0.4, hertz: 520, glideTo: 1300, wave: 'sawtooth', gain: LOUD }),
  },
  // Short, short, long.
  intruder: {
    cycleSeconds: 2.2,
    tones: [
      ...repeat(2, 0.22, { at: 0, seconds: 0.14, hertz: 880, wave: 'square', gain: LOUD }),
      { at: 0.46, seconds: 0.7, hertz: 880, wave: 'square', gain: LOUD },
    ],
  },
  // The temporal-three evacuation pattern (ISO 8201): three half-second pulses, then a pause.
  fire: {
    cycleSeconds: 4,
    tones: repeat(3, 1, { at: 0, seconds: 0.5, hertz: 520, wave: 'square', gain: LOUD }),
  },
  // Three steps up, twice.
  medical: {
    cycleSeconds: 2.6,
    tones: repeat(
      2,
      0.9,
      { at: 0, seconds: 0.22, hertz: 660, wave: 'triangle', gain: LOUD * 1.4 },
      { at: 0.24, seconds: 0.22, hertz: 830, wave: 'triangle', gain: LOUD * 1.4 },
      { at: 0.48, seconds: 0.3, hertz: 990, wave: 'triangle', gain: LOUD * 1.4 },
    ),
  },
  other: {
    cycleSeconds: 2.4,
    tones: repeat(2, 0.5, { at: 0, seconds: 0.36, hertz: 820, wave: 'square', gain: LOUD }),
  },
  // Tests and drills: once, soft and round, like nothing above.
  exercise: { cycleSeconds: 1.5, tones: [{ at: 0, seconds: 0.7, hertz: 392, wave: 'sine', gain: SOFT }] },
  // The board itself is blind: low and falling.
  fault: {
    cycleSeconds: 12,
    tones: repeat(2, 0.5, { at: 0, seconds: 0.4, hertz: 330, glideTo: 220, wave: 'triangle', gain: LOUD }),
  },
}

const EDGE_SECONDS = 0.012 // a tone that starts at once clicks

export function playSound(context: AudioContext, name: SoundName): void {
  const start = context.currentTime + 0.02
  for (const tone of SOUNDS[name].tones) {
    const oscillator = context.createOscillator()
    const envelope = context.createGain()
    const from = start + tone.at
    const until = from + tone.seconds
    oscillator.type = tone.wave
    oscillator.frequency.setValueAtTime(tone.hertz, from)
    if (tone.glideTo) oscillator.frequency.linearRampToValueAtTime(tone.glideTo, until)
    envelope.gain.setValueAtTime(0, from)
    envelope.gain.linearRampToValueAtTime(tone.gain, from + EDGE_SECONDS)
    if (name === 'exercise') envelope.gain.exponentialRampToValueAtTime(0.001, until)
    else {
      envelope.gain.setValueAtTime(tone.gain, until - EDGE_SECONDS)
      envelope.gain.linearRampToValueAtTime(0, until)
    }
    oscillator.connect(envelope).connect(context.destination)
    oscillator.start(from)
    oscillator.stop(until)
  }
}
