/** What a person chose on this PC, remembered by the browser. */

export type Language = 'zh' | 'en'
export type Theme = 'auto' | 'light' | 'dark'

function recall(name: string): string | null {
  try {
    return localStorage.getItem(`campus.${name}`)
  } catch {
    return null // storage can be forbidden; the choice then lasts as long as the page
  }
}

function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`campus.${name}`, value)
  } catch {
    return
  }
}

function firstLanguage(): Language {
  const chosen = recall('language')
  if (chosen === 'zh' || chosen === 'en') return chosen
  return navigator.language.toLowerCase().startsWith('en') ? 'en' : 'zh'
}

function firstTheme(): Theme {
  const chosen = recall('theme')
  return chosen === 'light' || chosen === 'dark' ? chosen : 'auto'
}

class Preferences {
  #language = $state<Language>(firstLanguage())
  #theme = $state<Theme>(firstTheme())
  #sound = $state(recall('sound') === 'on')
  #shortcuts = $state(recall('shortcuts') !== 'off')
  #takeover = $state(recall('takeover') !== 'off')

  get language(): Language {
    return this.#language
  }
  set language(language: Language) {
    this.#language = language
    remember('language', language)
  }

  get theme(): Theme {
    return this.#theme
  }
  set theme(theme: Theme) {
    this.#theme = theme
    remember('theme', theme)
  }

  /** Whether a person asked for sound; the browser may still block it. */
  get sound(): boolean {
    return this.#sound
  }
  set sound(on: boolean) {
    this.#sound = on
    remember('sound', on ? 'on' : 'off')
  }

  get shortcuts(): boolean {
    return this.#shortcuts
  }
  set shortcuts(on: boolean) {
    this.#shortcuts = on
    remember('shortcuts', on ? 'on' : 'off')
  }

  /** Whether a press that nobody took fills the screen of this PC. */
  get takeover(): boolean {
    return this.#takeover
  }
  set takeover(on: boolean) {
    this.#takeover = on
    remember('takeover', on ? 'on' : 'off')
  }

  /** The locale of dates and numbers. */
  get locale(): string {
    return this.#language === 'zh' ? 'zh-CN' : 'en-GB'
  }
}

export const prefs = new Preferences()
