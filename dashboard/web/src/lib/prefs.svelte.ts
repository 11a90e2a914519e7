/** What a person chose. What is theirs follows their account to every machine, and is remembered here for who comes
 * next to this PC without a choice of their own; the rest belongs to this PC alone. */

import { ask, NoAnswer, Refusal } from './api'
import type { Language, Preferences as Saved, SavedView, Theme } from './contract'

/** What follows the account, as far as it was chosen. */
type Chosen = { -readonly [Name in keyof Saved]?: NonNullable<Saved[Name]> }

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
  #shortcuts = $state(recall('shortcuts') !== 'off')
  #views = $state.raw<SavedView[]>([])
  #sound = $state(recall('sound') === 'on')
  #takeover = $state(recall('takeover') !== 'off')

  /** What the account does not know yet; before the sign-in, all that was chosen on the way to it. */
  #untold: Chosen = {}
  #signedIn = false
  #telling = false
  /** The account could not be told of the last choice. */
  untold = $state(false)

  get language(): Language {
    return this.#language
  }
  set language(language: Language) {
    this.#choose({ language })
  }

  get theme(): Theme {
    return this.#theme
  }
  set theme(theme: Theme) {
    this.#choose({ theme })
  }

  get shortcuts(): boolean {
    return this.#shortcuts
  }
  set shortcuts(shortcuts: boolean) {
    this.#choose({ shortcuts })
  }

  /** What is looked for again and again; only an account has any. */
  get views(): SavedView[] {
    return this.#views
  }
  set views(views: SavedView[]) {
    this.#choose({ views })
  }

  /** Whether a person asked for sound on this PC; the browser may still block it. */
  get sound(): boolean {
    return this.#sound
  }
  set sound(on: boolean) {
    this.#sound = on
    remember('sound', on ? 'on' : 'off')
  }

  /** Whether a press that nobody took fills the screen of this PC. Switched off at home it must not be at the desk. */
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

  /** Somebody signed in, who chose this before; what was chosen here since is newer. */
  follow(saved: Saved): void {
    this.#show({ ...chosenOf(saved), ...this.#untold })
    this.#signedIn = true
    void this.tell()
  }

  /** Nobody is signed in any more: what is not told now belongs to nobody who comes next. */
  leave(): void {
    this.#signedIn = this.untold = false
    this.#untold = {}
    this.#views = []
  }

  /** Tells the account what it does not know yet. */
  async tell(): Promise<void> {
    if (this.#telling || !this.#signedIn) return
    this.#telling = true
    try {
      while (Object.keys(this.#untold).length > 0 && (await this.#tellOnce()));
    } finally {
      this.#telling = false
    }
  }

  #choose(chosen: Chosen): void {
    this.#show(chosen)
    this.#untold = { ...this.#untold, ...chosen }
    void this.tell()
  }

  #show({ language, theme, shortcuts, views }: Chosen): void {
    if (language !== undefined) remember('language', (this.#language = language))
    if (theme !== undefined) remember('theme', (this.#theme = theme))
    if (shortcuts !== undefined) remember('shortcuts', (this.#shortcuts = shortcuts) ? 'on' : 'off')
    if (views !== undefined) this.#views = views
  }

  /** Whether the account knows it; what was not answered is told again, what was refused is not. */
  async #tellOnce(): Promise<boolean> {
    const body = this.#untold
    this.#untold = {}
    try {
      await ask('/session/preferences', { method: 'PATCH', body })
      this.untold = false
    } catch (error) {
      if (!(error instanceof NoAnswer || error instanceof Refusal)) throw error
      if (!this.#signedIn) return false
      if (error instanceof NoAnswer) this.#untold = { ...body, ...this.#untold }
      this.untold = true
    }
    return !this.untold
  }
}

const chosenOf = (saved: Saved): Chosen => Object.fromEntries(Object.entries(saved).filter(([, value]) => value !== null)) as Chosen

export const prefs = new Preferences()
