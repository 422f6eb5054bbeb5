import { inflateSync } from 'node:zlib'

/** Outlines of a font, in its own units; y grows upwards. */
export interface FontFace {
  readonly unitsPerEm: number
  /** Undefined where the font does not have the character. */
  glyphOf(codePoint: number): Glyph | undefined
}

export interface Glyph {
  readonly advance: number
  readonly contours: readonly (readonly OutlinePoint[])[]
}

/** A point of a contour; those off the curve are control points of quadratic curves. */
export interface OutlinePoint {
  readonly x: number
  readonly y: number
  readonly isOnCurve: boolean
}

/**
 * Reads a WOFF 1.0 file with TrueType outlines. Formats: https://www.w3.org/TR/WOFF/ and the OpenType specification (cmap 4 and 12, glyf,
 * hmtx). Throws for a file that is cut off or of another format.
 */
export function readFont(file: Uint8Array): FontFace {
  const tables = readTables(file)
  const table = (tag: string): DataView => {
    const found = tables.get(tag)
    if (found === undefined) throw new Error(`The font has no table ${tag}`)
    return found
  }
  const head = table('head')
  const outlines: Outlines = {
    glyf: table('glyf'),
    loca: table('loca'),
    isLong: head.getInt16(50) === 1,
  }
  const mapping = readMapping(table('cmap'))
  const hmtx = table('hmtx')
  const metricCount = table('hhea').getUint16(34)
  const known = new Map<number, Glyph>()
  return {
    unitsPerEm: head.getUint16(18),
    glyphOf(codePoint) {
      const id = mapping.get(codePoint)
      if (id === undefined) return undefined
      const before = known.get(id)
      if (before !== undefined) return before
      const advance = hmtx.getUint16(Math.min(id, metricCount - 1) * 4)
      const glyph = { advance, contours: readContours(outlines, id, 0) }
      known.set(id, glyph)
      return glyph
    },
  }
}

const woffMagic = 0x774f4646

function readTables(file: Uint8Array): ReadonlyMap<string, DataView> {
  const view = viewOf(file)
  if (view.getUint32(0) !== woffMagic) throw new Error('The font is no WOFF 1.0 file')
  const tables = new Map<string, DataView>()
  for (let index = 0; index < view.getUint16(12); index++) {
    const entry = 44 + index * 20
    const [offset, packed, length] = [view.getUint32(entry + 4), view.getUint32(entry + 8), view.getUint32(entry + 12)]
    const bytes = file.subarray(offset, offset + packed)
    const tag = String.fromCharCode(...file.subarray(entry, entry + 4))
    tables.set(tag, viewOf(packed < length ? inflateSync(bytes) : bytes))
  }
  return tables
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Characters with their glyph, of the Unicode tables of a font. */
function readMapping(cmap: DataView): ReadonlyMap<number, number> {
  const glyphs = new Map<number, number>()
  for (let index = 0; index < cmap.getUint16(2); index++) {
    const [platform, offset] = [cmap.getUint16(4 + index * 8), cmap.getUint32(8 + index * 8)]
    if (platform !== 0 && platform !== 3) continue
    const format = cmap.getUint16(offset)
    if (format === 4) readSegments(cmap, offset, glyphs)
    if (format === 12) readGroups(cmap, offset, glyphs)
  }
  return glyphs
}

function readSegments(cmap: DataView, offset: number, glyphs: Map<number, number>): void {
  const doubled = cmap.getUint16(offset + 6)
  const at = (part: number, segment: number) => offset + 14 + part * doubled + (part > 0 ? 2 : 0) + segment
  for (let segment = 0; segment < doubled; segment += 2) {
    const [end, start] = [cmap.getUint16(at(0, segment)), cmap.getUint16(at(1, segment))]
    const [delta, range] = [cmap.getUint16(at(2, segment)), cmap.getUint16(at(3, segment))]
    for (let code = start; code <= end && code < 0xffff; code++) {
      const raw = range === 0 ? code : cmap.getUint16(at(3, segment) + range + (code - start) * 2)
      const glyph = range !== 0 && raw === 0 ? 0 : (raw + delta) & 0xffff
      if (glyph !== 0) glyphs.set(code, glyph)
    }
  }
}

function readGroups(cmap: DataView, offset: number, glyphs: Map<number, number>): void {
  for (let group = 0; group < cmap.getUint32(offset + 12); group++) {
    const at = offset + 16 + group * 12
    const [start, end, first] = [cmap.getUint32(at), cmap.getUint32(at + 4), cmap.getUint32(at + 8)]
    for (let code = start; code <= end; code++) glyphs.set(code, first + code - start)
  }
}

interface Outlines {
  readonly glyf: DataView
  readonly loca: DataView
  readonly isLong: boolean
}

/** Glyphs of glyphs of glyphs: deeper ones are left out, so that a font with a cycle ends. */
const depthMax = 5

function readContours(outlines: Outlines, id: number, depth: number): readonly (readonly OutlinePoint[])[] {
  const { glyf, loca, isLong } = outlines
  const place = (index: number) => (isLong ? loca.getUint32(index * 4) : loca.getUint16(index * 2) * 2)
  const [start, end] = [place(id), place(id + 1)]
  if (start === end || depth > depthMax) return []
  const count = glyf.getInt16(start)
  return count < 0 ? readCompound(outlines, start + 10, depth) : readSimple(glyf, start + 10, count)
}

const flag = { onCurve: 1, shortX: 2, shortY: 4, repeat: 8, sameX: 16, sameY: 32 } as const

function readSimple(glyf: DataView, start: number, count: number): readonly (readonly OutlinePoint[])[] {
  const ends = Array.from({ length: count }, (_, index) => glyf.getUint16(start + index * 2))
  const pointCount = (ends.at(-1) ?? -1) + 1
  let at = start + count * 2
  at += 2 + glyf.getUint16(at)
  const flags: number[] = []
  while (flags.length < pointCount) {
    const value = glyf.getUint8(at++)
    const times = (value & flag.repeat) === 0 ? 1 : glyf.getUint8(at++) + 1
    for (let time = 0; time < times; time++) flags.push(value)
  }
  const coordinates = (short: number, same: number): number[] => {
    let value = 0
    return flags.map((bits) => {
      if ((bits & short) !== 0) value += glyf.getUint8(at++) * ((bits & same) === 0 ? -1 : 1)
      else if ((bits & same) === 0) {
        value += glyf.getInt16(at)
        at += 2
      }
      return value
    })
  }
  const xs = coordinates(flag.shortX, flag.sameX)
  const ys = coordinates(flag.shortY, flag.sameY)
  const points = flags.map((bits, index) => ({
    x: xs[index] ?? 0,
    y: ys[index] ?? 0,
    isOnCurve: (bits & flag.onCurve) !== 0,
  }))
  return ends.map((end, index) => points.slice((ends[index - 1] ?? -1) + 1, end + 1))
}

const part = { words: 1, offsets: 2, scale: 8, more: 32, scales: 64, matrix: 128 } as const

function readCompound(outlines: Outlines, start: number, depth: number): readonly (readonly OutlinePoint[])[] {
  const { glyf } = outlines
  const contours: (readonly OutlinePoint[])[] = []
  let at = start
  let bits = part.more as number
  while ((bits & part.more) !== 0) {
    bits = glyf.getUint16(at)
    const id = glyf.getUint16(at + 2)
    const hasWords = (bits & part.words) !== 0
    const [dx, dy] = hasWords
      ? [glyf.getInt16(at + 4), glyf.getInt16(at + 6)]
      : [glyf.getInt8(at + 4), glyf.getInt8(at + 5)]
    at += hasWords ? 8 : 6
    const number = () => {
      at += 2
      return glyf.getInt16(at - 2) / 16384
    }
    let [a, b, c, d] = [1, 0, 0, 1]
    if ((bits & part.scale) !== 0) {
      a = number()
      d = a
    } else if ((bits & part.scales) !== 0) {
      a = number()
      d = number()
    } else if ((bits & part.matrix) !== 0) {
      a = number()
      b = number()
      c = number()
      d = number()
    }
    // Parts that are placed by points rather than by offsets are in no font of ours: they stand at the origin.
    const [x0, y0] = (bits & part.offsets) === 0 ? [0, 0] : [dx, dy]
    const move = ({ x, y, isOnCurve }: OutlinePoint) => ({ x: a * x + c * y + x0, y: b * x + d * y + y0, isOnCurve })
    for (const contour of readContours(outlines, id, depth + 1)) contours.push(contour.map(move))
  }
  return contours
}
