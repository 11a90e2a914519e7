/** The map itself: Leaflet on a canvas, told what to show. Knows nothing of the page around it. */

import * as L from 'leaflet'
import 'leaflet/dist/leaflet.css'
import type { District, Incident, MapTiles } from './contract'
import type { SchoolRow, Standing } from './feed'
import { SchoolMark, type MarkColours } from './marks'
import { drawOutline, type Place } from './outline'
import { PatchCanvas } from './patchcanvas'

const SCHOOL_ZOOM = 14
const BORDER = 22
/** Room for the border, and for the legend below. */
const MARGINS = { paddingTopLeft: [24, 24], paddingBottomRight: [24, 84] } satisfies L.FitBoundsOptions
const RAISED: ReadonlySet<Standing> = new Set(['open', 'acknowledged', 'responding', 'exercise', 'offline', 'silent', 'troubled'])
/** Beacons are elements of the page; beyond so many the marks on the canvas must do. */
const BEACONS = 120
/** The first of them ring. Each ring is a layer of its own that is drawn sixty times a second: forty of them held the page up. */
const RINGING = 6

/**
 * A marker in the page's own layer. Leaflet 1.9.4 moves its markers in three dimensions, which makes a layer of each; they are
 * put together anew with every change, and sixty of them took a fifth of what the page does.
 */
class FlatMarker extends L.Marker {
  /** Called by Leaflet whenever the marker has to be moved; not in its public types. */
  _setPos(at: L.Point): void {
    ;(L.Marker.prototype as unknown as { _setPos(at: L.Point): void })._setPos.call(this, at)
    this.getElement()!.style.transform = `translate(${at.x}px, ${at.y}px)`
  }
}

export interface MapEvents {
  onschool: (code: string) => void
  /** The text of the tip over a school. */
  describe: (code: string) => string
}

export interface Beacon {
  incident: Incident
  latitude: number
  longitude: number
  label: string
}

export class CityMap {
  private readonly map: L.Map
  private readonly marks = new Map<string, SchoolMark>()
  private readonly areas = L.layerGroup()
  private readonly labels = L.layerGroup()
  private readonly beacons = new Map<number, L.Marker>()
  private readonly tip = L.tooltip({ direction: 'top', offset: [0, -6], className: 'tip', opacity: 1 })
  private colours: MarkColours & { area: string; line: string }
  private bounds: L.LatLngBounds | null = null
  /** The whole city is looked at, and stays so when the map changes its size. */
  private whole = true
  /** Looking at the school that the page is about, without the person having moved the map since. */
  private visiting = false
  /** The operator's map lies below, so that areas only have a border. */
  private tiled = false

  constructor(
    private readonly element: HTMLElement,
    private readonly events: MapEvents,
    tiles: MapTiles | null,
  ) {
    this.colours = readColours(element)
    this.map = L.map(element, {
      preferCanvas: true,
      zoomControl: false,
      attributionControl: false,
      zoomSnap: 0.25,
      zoomDelta: 0.75,
      wheelPxPerZoomLevel: 90,
      minZoom: 7,
      maxZoom: 17,
      renderer: new PatchCanvas({ padding: 0.3, tolerance: 5 }),
    })
    this.map.setView([36.3, 120.3], 9)
    this.map.createPane('areas').style.zIndex = '350'
    this.areas.addTo(this.map)
    this.labels.addTo(this.map)
    if (tiles) this.layTiles(tiles)
    L.control.scale({ imperial: false, position: 'bottomright' }).addTo(this.map)
    this.map.on('zoomend', () => {
      this.fitMarks()
      this.thinLabels()
    })
    const look = () => {
      this.whole = this.visiting = false
    }
    this.map.on('dragstart', look)
    element.addEventListener('wheel', look, { passive: true })
  }

  remove(): void {
    // Leaflet forgets a redraw that it asked for when it redraws at once as well (after each move), so it cannot cancel
    // it and would draw on a canvas that is gone. One frame later it has been done.
    requestAnimationFrame(() => this.map.remove())
  }

  /** Everything anew: a snapshot came. */
  replace(districts: readonly District[], schools: ReadonlyMap<string, SchoolRow>): void {
    for (const mark of this.marks.values()) mark.remove()
    this.marks.clear()
    const places = new Map<string, Place[]>()
    for (const row of schools.values()) {
      const { latitude, longitude, district } = row.item
      if (latitude === null || longitude === null) continue
      this.addMark(row, latitude, longitude)
      const ofDistrict = places.get(district) ?? []
      ofDistrict.push([longitude, latitude])
      places.set(district, ofDistrict)
    }
    this.drawAreas(districts, places)
    const all = [...places.values()].flat()
    this.bounds = all.length > 0 ? L.latLngBounds(all.map(([x, y]): [number, number] => [y, x])) : null
    if (this.whole) this.showAll(false)
    this.fitMarks()
  }

  /** Only these schools changed. */
  update(rows: Iterable<SchoolRow>): void {
    for (const row of rows) {
      const mark = this.marks.get(row.item.code)
      const { latitude, longitude } = row.item
      if (latitude === null || longitude === null) continue
      if (!mark) this.addMark(row, latitude, longitude)
      else {
        if (!mark.getLatLng().equals([latitude, longitude])) mark.setLatLng([latitude, longitude])
        if (mark.standing !== row.standing) this.restand(mark, row.standing)
      }
    }
  }

  /** Fades what the person does not look for. */
  sift(isWanted: ((code: string) => boolean) | null): void {
    for (const mark of this.marks.values()) {
      const faded = isWanted !== null && !isWanted(mark.code)
      if (faded === mark.faded) continue
      mark.faded = faded
      mark.redraw()
    }
  }

  /** Beacons over incidents, the most urgent ones first. */
  shine(wanted: readonly Beacon[]): void {
    const kept = new Set(wanted.slice(0, BEACONS).map(({ incident }) => incident.id))
    for (const [id, marker] of this.beacons) {
      if (kept.has(id)) continue
      marker.remove()
      this.beacons.delete(id)
    }
    wanted.slice(0, BEACONS).forEach((beacon, index) => this.shineOne(beacon, index < RINGING))
  }

  showAll(animate = true): void {
    this.whole = true
    if (this.bounds) this.map.fitBounds(this.bounds, { ...MARGINS, animate })
  }

  showSchool(code: string): void {
    const mark = this.marks.get(code)
    if (!mark) return
    this.whole = false
    this.visiting = true
    this.map.setView(mark.getLatLng(), Math.max(SCHOOL_ZOOM, this.map.getZoom()), { animate: true })
  }

  /** The page is about no school any more. */
  leaveSchool(): void {
    if (this.visiting) this.showAll()
    this.visiting = false
  }

  showSchools(codes: Iterable<string>): void {
    const places = [...codes].flatMap((code) => this.marks.get(code)?.getLatLng() ?? [])
    this.whole = false
    if (places.length > 0) this.map.fitBounds(L.latLngBounds(places), { ...MARGINS, maxZoom: SCHOOL_ZOOM })
  }

  zoom(step: 1 | -1): void {
    this.whole = this.visiting = false
    if (step > 0) this.map.zoomIn()
    else this.map.zoomOut()
  }

  /** The element changed its size, or was hidden and is back. */
  resize(): void {
    this.map.invalidateSize({ animate: false, pan: !this.whole })
    if (this.whole && this.map.getSize().x > 0) this.showAll(false)
  }

  /** The theme changed. */
  repaint(): void {
    this.colours = readColours(this.element)
    this.styleAreas()
    for (const mark of this.marks.values()) mark.redraw()
  }

  private addMark(row: SchoolRow, latitude: number, longitude: number): void {
    const mark = new SchoolMark(row.item.code, [latitude, longitude], () => this.colours)
    mark.on('click', () => this.events.onschool(mark.code))
    mark.on('mouseover', () => this.tip.setLatLng(mark.getLatLng()).setContent(this.describe(mark.code)).openOn(this.map))
    mark.on('mouseout', () => this.tip.close())
    mark.standing = row.standing
    mark.addTo(this.map)
    this.marks.set(row.item.code, mark)
    this.restand(mark, row.standing)
  }

  private describe(code: string): HTMLElement {
    const element = document.createElement('span')
    element.textContent = this.events.describe(code)
    return element
  }

  private restand(mark: SchoolMark, standing: Standing): void {
    mark.standing = standing
    mark.fit(this.map.getZoom())
    mark.redraw()
    if (RAISED.has(standing)) mark.bringToFront()
    else mark.bringToBack()
  }

  private fitMarks(): void {
    for (const mark of this.marks.values()) mark.fit(this.map.getZoom())
  }

  private drawAreas(districts: readonly District[], places: ReadonlyMap<string, readonly Place[]>): void {
    this.areas.clearLayers()
    for (const { code } of districts) {
      const outline = drawOutline(places.get(code) ?? [])
      if (outline.length < 3) continue
      const corners = outline.map(([x, y]): [number, number] => [y, x])
      // A broad line around the schools, and a slightly less broad one in the colour of the area over it: a soft border.
      for (const [weight, className] of [
        [BORDER + 2, 'line'],
        [BORDER, 'area'],
      ] as const) {
        const line = { weight, lineJoin: 'round', smoothFactor: 0.5, fillOpacity: 1 } as const
        L.polygon(corners, { pane: 'areas', interactive: false, className, ...line }).addTo(this.areas)
      }
    }
    this.styleAreas()
  }

  private styleAreas(): void {
    const { area, line } = this.colours
    this.areas.eachLayer((layer) => {
      const shape = layer as L.Polygon
      const border = shape.options.className === 'line'
      if (this.tiled) shape.setStyle({ fill: false, color: line, weight: 2, stroke: border })
      else shape.setStyle({ color: border ? line : area, fillColor: area })
    })
  }

  /** Until the first tile is there, and when none ever comes, the map is as without. */
  private layTiles({ address, attribution }: MapTiles): void {
    const tiles = L.tileLayer(address, { minZoom: 0, maxZoom: 18 }).addTo(this.map)
    tiles.once('tileload', () => {
      this.tiled = true
      this.element.classList.add('tiled')
      this.styleAreas()
    })
    if (!attribution) return
    const said = document.createElement('span')
    said.textContent = attribution
    L.control.attribution({ prefix: false, position: 'bottomright' }).addAttribution(said.innerHTML).addTo(this.map)
  }

  /** District names, where their schools are densest; written anew when the language changes. */
  name(districts: readonly District[], schools: ReadonlyMap<string, SchoolRow>, nameOf: (code: string) => string): void {
    this.labels.clearLayers()
    for (const { code } of districts) {
      const at: Place[] = []
      for (const { item } of schools.values())
        if (item.district === code && item.latitude !== null && item.longitude !== null) at.push([item.longitude, item.latitude])
      if (at.length === 0) continue
      const middle = [median(at.map(([x]) => x)), median(at.map(([, y]) => y))] as const
      const text = document.createElement('span')
      text.textContent = nameOf(code)
      new FlatMarker([middle[1], middle[0]], {
        interactive: false,
        keyboard: false,
        icon: L.divIcon({ className: 'district', html: text, iconSize: [0, 0] }),
      }).addTo(this.labels)
    }
    this.thinLabels()
  }

  /** Names that would lie on one another at this zoom wait until there is room. */
  private thinLabels(): void {
    const shown: DOMRect[] = []
    this.labels.eachLayer((layer) => {
      const text = (layer as L.Marker).getElement()?.firstElementChild
      if (!text) return
      const box = text.getBoundingClientRect()
      const hidden = shown.some(
        (other) => box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top,
      )
      text.classList.toggle('hidden', hidden)
      if (!hidden) shown.push(box)
    })
  }

  private shineOne({ incident, latitude, longitude, label }: Beacon, ringing: boolean): void {
    const className = `beacon ${incident.mode === 'live' ? incident.state : 'exercise'}${ringing ? ' ringing' : ''}`
    const marker = this.beacons.get(incident.id)
    if (marker) {
      marker.getElement()?.setAttribute('class', `leaflet-marker-icon leaflet-interactive leaflet-zoom-animated ${className}`)
      return
    }
    const added = new FlatMarker([latitude, longitude], {
      icon: L.divIcon({ className, iconSize: [28, 28], html: '<i></i><b></b>' }),
      keyboard: false,
      alt: label,
      title: label,
      zIndexOffset: incident.mode === 'live' ? 1000 : 0,
    })
    added.on('click', () => incident.school !== null && this.events.onschool(incident.school))
    added.addTo(this.map)
    this.beacons.set(incident.id, added)
  }
}

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

function readColours(element: HTMLElement): MarkColours & { area: string; line: string } {
  const style = getComputedStyle(element)
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim()
  return {
    quiet: read('map-quiet'),
    never: read('map-never'),
    fault: read('map-fault'),
    exercise: read('map-exercise'),
    alarm: read('alarm'),
    taken: read('taken'),
    going: read('going'),
    cut: read('surface'),
    area: read('map-area'),
    line: read('map-line'),
  }
}
