import assert from 'node:assert/strict'
import test from 'node:test'
import { findNeighbours } from '../src/lib/neighbours'
import { boardOf, school } from './city'

test('neighbours are the nearest within three kilometres, in metres, wherever in the world', () => {
  const here = school('S1', { latitude: 36, longitude: 120 })
  const board = boardOf([
    here,
    school('EAST', { latitude: 36, longitude: 120.01 }), // 901 m at this latitude
    school('NORTH', { latitude: 36.005, longitude: 120 }), // 557 m
    school('FAR', { latitude: 36.1, longitude: 120 }),
    school('NOWHERE', { latitude: null, longitude: null }),
  ])
  const found = findNeighbours(here, board.schools.values(), 4)
  assert.deepEqual(found.map(({ row, metres }) => [row.item.code, Math.round(metres)]), [['NORTH', 557], ['EAST', 901]])
  assert.deepEqual(findNeighbours(here, board.schools.values(), 1).length, 1)
  assert.deepEqual(findNeighbours(school('S9', { latitude: null }), board.schools.values(), 4), [])
})
