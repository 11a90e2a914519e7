/** What a browser says that it is, as people call it; another program is shown as it says. */

const BROWSERS: readonly [pattern: RegExp, name: string][] = [
  [/Edg\/(\d+)/, 'Edge'],
  [/MicroMessenger\/(\d+)/, 'WeChat'],
  [/Firefox\/(\d+)/, 'Firefox'],
  [/Chrom(?:e|ium)\/(\d+)/, 'Chrome'],
  [/Version\/(\d+).*Safari/, 'Safari'],
]
const SYSTEMS: readonly [pattern: RegExp, name: string][] = [
  [/Windows/, 'Windows'],
  [/Android/, 'Android'],
  [/HarmonyOS|OpenHarmony/, 'HarmonyOS'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Linux|X11/, 'Linux'],
]

export function nameAgent(agent: string): string {
  const browser = BROWSERS.map(([pattern, name]) => [pattern.exec(agent), name] as const).find(([found]) => found)
  if (!browser) return agent
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1]
  return [`${browser[1]} ${browser[0]?.[1] ?? ''}`, system].filter(Boolean).join(' · ')
}
