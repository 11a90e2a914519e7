import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { ComplianceItem, Incident, SchoolItem } from '../src/lib/contract'
import { applyMessage, newBoard, noEffects, type FeedMessage } from '../src/lib/feed'

/** A board, what it was told, and what a fresh snapshot says after that; written by the service's own tests. */
interface History {
  snapshot: FeedMessage
  changes: FeedMessage[]
  expected: {
    schools: Record<string, SchoolItem>
    incidents: Record<string, Incident>
    compliance: Record<string, ComplianceItem>
  }
}

const path = process.env['BOARD_HISTORIES']

test('after any history the page shows what a fresh snapshot shows', { skip: path === undefined }, () => {
  const histories = JSON.parse(readFileSync(path!, 'utf8')) as History[]
  assert.ok(histories.length > 0)
  for (const { snapshot, changes, expected } of histories) {
    const board = newBoard()
    for (const message of [snapshot, ...changes]) applyMessage(board, message, noEffects())
    assert.deepEqual(Object.fromEntries(Array.from(board.schools, ([code, row]) => [code, row.item])), expected.schools)
    assert.deepEqual(Object.fromEntries(board.incidents), expected.incidents)
    assert.deepEqual(Object.fromEntries(board.compliance), expected.compliance)
  }
})
