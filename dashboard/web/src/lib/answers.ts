/** What the contract's shapes come in, and what can be done to an incident. */

export interface Page<T> {
  items: T[]
  next: string | null
}

export type Action = 'acknowledge' | 'respond' | 'note' | 'close' | 'handover' | 'output' | 'task' | 'objection'
