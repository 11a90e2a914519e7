/** Why somebody does alone what reaches the whole city: nobody else is there, and it cannot wait. */

export interface Alone {
  on: boolean
  reason: string
}

const SHORTEST = 5

export const newAlone = (): Alone => ({ on: false, reason: '' })

export const isLacking = ({ on, reason }: Alone): boolean => on && reason.trim().length < SHORTEST

/** What is sent of it. */
export const aloneOf = ({ on, reason }: Alone) => (on ? { alone: reason.trim() } : {})
