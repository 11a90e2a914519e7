/** Schools as marks on the map's canvas: the same shapes as in the list, so that colour is never the only sign. */

import * as L from 'leaflet'
import type { Standing } from './feed'

export interface MarkColours {
  quiet: string
  never: string
  fault: string
  exercise: string
  alarm: string
  taken: string
  going: string
  cut: string
}

/** What Leaflet 1.9.4's canvas renderer gives its layers; not in its public types. */
interface CanvasInside {
  _ctx: CanvasRenderingContext2D
  _drawing: boolean
}

interface MarkInside {
  _renderer: CanvasInside
  _point: L.Point
  _radius: number
  _empty(): boolean
}

const SIZE: Record<Standing, number> = {
  open: 1.9,
  acknowledged: 1.7,
  responding: 1.7,
  exercise: 1.6,
  offline: 1.25,
  silent: 1.25,
  troubled: 1.25,
  never: 0.9,
  quiet: 0.9,
}

/** Radius in pixels of a quiet school at `zoom`. */
export function sizeAt(zoom: number): number {
  return Math.max(1.8, Math.min(7, 2 + (zoom - 9) * 0.75))
}

export class SchoolMark extends L.CircleMarker {
  standing: Standing = 'quiet'
  /** Not among what the person looks for. */
  faded = false

  constructor(
    readonly code: string,
    at: L.LatLngExpression,
    private readonly colours: () => MarkColours,
  ) {
    super(at, { radius: 3, weight: 1 })
  }

  fit(zoom: number): void {
    this.setRadius(sizeAt(zoom) * SIZE[this.standing])
  }

  /** Called by Leaflet whenever the mark has to be drawn. */
  _updatePath(): void {
    const inside = this as unknown as MarkInside
    const { _renderer: renderer } = inside
    if (!renderer._drawing || inside._empty()) return
    const context = renderer._ctx
    context.globalAlpha = this.faded ? 0.12 : 1
    drawMark(context, this.standing, inside._point, Math.max(1.3, inside._radius), this.colours())
  }
}

function drawMark(
  context: CanvasRenderingContext2D,
  standing: Standing,
  { x, y }: L.Point,
  radius: number,
  colours: MarkColours,
): void {
  const colour = {
    open: colours.alarm,
    acknowledged: colours.taken,
    responding: colours.going,
    exercise: colours.exercise,
    offline: colours.fault,
    silent: colours.fault,
    troubled: colours.fault,
    never: colours.never,
    quiet: colours.quiet,
  }[standing]
  context.fillStyle = context.strokeStyle = colour
  context.lineWidth = Math.max(1.2, radius * 0.35)
  context.beginPath()
  switch (standing) {
    case 'quiet':
      context.arc(x, y, radius, 0, 2 * Math.PI)
      context.fill()
      break
    case 'never':
      context.arc(x, y, radius, 0, 2 * Math.PI)
      context.lineWidth = 1.2
      context.stroke()
      break
    case 'silent':
      context.arc(x, y, radius, 0, 2 * Math.PI)
      context.stroke()
      context.beginPath()
      context.arc(x, y, radius, -Math.PI / 2, Math.PI / 2)
      context.fill()
      break
    case 'offline':
      context.lineWidth = Math.max(2, radius * 0.55)
      context.moveTo(x - radius, y - radius)
      context.lineTo(x + radius, y + radius)
      context.moveTo(x + radius, y - radius)
      context.lineTo(x - radius, y + radius)
      context.stroke()
      break
    case 'troubled':
      trace(context, [x, y - radius], [x + radius, y + radius * 0.85], [x - radius, y + radius * 0.85])
      context.stroke()
      break
    case 'exercise':
      trace(context, [x, y - radius], [x + radius, y], [x, y + radius], [x - radius, y])
      context.stroke()
      break
    case 'open':
      trace(context, [x, y - radius], [x + radius, y + radius * 0.85], [x - radius, y + radius * 0.85])
      context.fill()
      break
    case 'acknowledged':
      context.strokeRect(x - radius * 0.8, y - radius * 0.8, radius * 1.6, radius * 1.6)
      context.fillRect(x - radius * 0.8, y - radius * 0.8, radius * 0.8, radius * 1.6)
      break
    case 'responding':
      trace(context, [x - radius * 0.7, y - radius], [x + radius, y], [x - radius * 0.7, y + radius])
      context.fill()
      break
  }
}

function trace(context: CanvasRenderingContext2D, ...corners: [number, number][]): void {
  for (const [x, y] of corners) context.lineTo(x, y) // the first of a path only moves there
  context.closePath()
}
