/** Single keys that do something, and when they are not meant so. */

/** Whether a key belongs to the browser, or to whoever types. */
export function isForeign(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return true
  const target = event.target as HTMLElement
  return target.closest?.('input:not([type=checkbox]), textarea, select, [contenteditable]') != null
}
