/** The canvas that schools are drawn on. */

import * as L from 'leaflet'

/** Beyond so many, one rectangle around all of them is cheaper. */
const MOST_PATCHES = 16
const PADDING = 2

/** What Leaflet 1.9.4's canvas renderer calls when a layer changed, and in the next frame; not in its public types. */
interface CanvasInside {
  /** Around all that changed; null when everything is to be drawn. */
  _redrawBounds: L.Bounds | null
  _extendRedrawBounds(layer: LayerInside): void
  _redraw(): void
}

interface LayerInside {
  _pxBounds?: L.Bounds
}

const inherited = L.Canvas.prototype as unknown as CanvasInside

/** Draws anew only where something changed; Leaflet, all within one rectangle around it, which soon is the whole city. */
export class PatchCanvas extends L.Canvas {
  declare _redrawBounds: L.Bounds | null
  private patches: L.Bounds[] = []

  _extendRedrawBounds(layer: LayerInside): void {
    inherited._extendRedrawBounds.call(this, layer)
    const box = layer._pxBounds
    if (!box || this.patches.length > MOST_PATCHES) return
    const patch = L.bounds(box.min!.subtract([PADDING, PADDING]), box.max!.add([PADDING, PADDING]))
    const near = this.patches.find((one) => one.intersects(patch))
    if (near) near.extend(patch)
    else this.patches.push(patch)
  }

  _redraw(): void {
    const around = this._redrawBounds
    const patches = around && this.patches.length <= MOST_PATCHES ? this.patches : [around]
    this.patches = []
    for (const patch of patches) {
      this._redrawBounds = patch
      inherited._redraw.call(this)
    }
  }
}
