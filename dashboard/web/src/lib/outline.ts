/** The outline of a cloud of points: a convex hull, dug in where an edge is long and points lie close to it. */

export type Place = readonly [x: number, y: number]

/** Outline of `places`, counter-clockwise. `dig` is how much longer an edge must be than the detour it is given. */
export function drawOutline(places: readonly Place[], dig = 3): Place[] {
  const hull = convexHull(places)
  if (hull.length < 4) return hull
  const inner = new Set(places)
  for (const corner of hull) inner.delete(corner)
  const least = longestEdge(hull) / 12
  for (let index = 0; index < hull.length; ) {
    const from = hull[index]!
    const to = hull[(index + 1) % hull.length]!
    const found = distance(from, to) > least ? findInner(hull, index, inner, distance(from, to) / dig) : undefined
    if (found) {
      inner.delete(found)
      hull.splice(index + 1, 0, found)
    } else index += 1
  }
  return hull
}

export function convexHull(places: readonly Place[]): Place[] {
  const sorted = [...places].sort((one, other) => one[0] - other[0] || one[1] - other[1])
  if (sorted.length < 3) return sorted
  const half = (ordered: readonly Place[]): Place[] => {
    const chain: Place[] = []
    for (const place of ordered) {
      while (chain.length > 1 && turn(chain[chain.length - 2]!, chain[chain.length - 1]!, place) <= 0) chain.pop()
      chain.push(place)
    }
    return chain.slice(0, -1)
  }
  return [...half(sorted), ...half(sorted.reverse())]
}

function findInner(hull: readonly Place[], index: number, inner: Set<Place>, reach: number): Place | undefined {
  const count = hull.length
  const from = hull[index]!
  const to = hull[(index + 1) % count]!
  const before = hull[(index - 1 + count) % count]!
  const after = hull[(index + 2) % count]!
  let best: Place | undefined
  let nearest = reach
  for (const place of inner) {
    const away = toEdge(place, from, to)
    if (away >= nearest || away > toEdge(place, before, from) || away > toEdge(place, to, after)) continue
    if (Math.max(distance(place, from), distance(place, to)) > distance(from, to)) continue
    if (crosses(hull, from, place) || crosses(hull, place, to)) continue
    best = place
    nearest = away
  }
  return best
}

function crosses(hull: readonly Place[], from: Place, to: Place): boolean {
  for (let index = 0; index < hull.length; index += 1) {
    const one = hull[index]!
    const other = hull[(index + 1) % hull.length]!
    if (one === from || one === to || other === from || other === to) continue
    if (turn(one, other, from) > 0 !== turn(one, other, to) > 0 && turn(from, to, one) > 0 !== turn(from, to, other) > 0)
      return true
  }
  return false
}

function turn(one: Place, two: Place, three: Place): number {
  return (two[0] - one[0]) * (three[1] - one[1]) - (two[1] - one[1]) * (three[0] - one[0])
}

function distance(one: Place, other: Place): number {
  return Math.hypot(one[0] - other[0], one[1] - other[1])
}

function toEdge(place: Place, from: Place, to: Place): number {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
  const squared = dx * dx + dy * dy
  const along = squared === 0 ? 0 : ((place[0] - from[0]) * dx + (place[1] - from[1]) * dy) / squared
  const clamped = Math.min(1, Math.max(0, along))
  return distance(place, [from[0] + clamped * dx, from[1] + clamped * dy])
}

function longestEdge(hull: readonly Place[]): number {
  return Math.max(...hull.map((corner, index) => distance(corner, hull[(index + 1) % hull.length]!)))
}
