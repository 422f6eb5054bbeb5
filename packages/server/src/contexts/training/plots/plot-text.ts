import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { type FontFace, type Glyph, type OutlinePoint, readFont } from './read-font.js'

/** Lettering as outlines, so that a picture looks the same on a machine without fonts. */
export interface Lettering {
  /** Width in pixels. */
  width(text: string, style: TextStyle): number
  /** The outlines of a text as SVG path data, its base line at `y`. */
  path(text: string, place: TextPlace, style: TextStyle): string
}

export interface TextStyle {
  /** Pixels. */
  readonly size: number
  readonly isBold?: boolean
}

export interface TextPlace {
  readonly x: number
  readonly y: number
  readonly anchor?: 'start' | 'middle' | 'end'
  /** Reads upwards. */
  readonly isUpright?: boolean
}

const fontPackage = '@fontsource/inter'
/** Parts of the font by script, in the order in which a character is looked for. */
const subsets = ['latin', 'latin-ext', 'greek', 'cyrillic', 'greek-ext', 'cyrillic-ext', 'vietnamese'] as const
const weights = { regular: '400', bold: '600' } as const

/** The letters of plots: Inter, as it comes from its package. A part of it is read when the first of its characters is drawn. */
export function openLettering(): Lettering {
  const require = createRequire(import.meta.url)
  const opened = new Map<string, FontFace>()
  return letteringOf((subset, isBold) => {
    const name = `inter-${subsets[subset]}-${isBold ? weights.bold : weights.regular}-normal.woff`
    const before = opened.get(name)
    if (before !== undefined || subsets[subset] === undefined) return before
    const face = readFont(readFileSync(require.resolve(`${fontPackage}/files/${name}`)))
    opened.set(name, face)
    return face
  })
}

/** The parts of a font, one after the other; undefined after the last. */
export type FaceLookup = (part: number, isBold: boolean) => FontFace | undefined

/** Lettering with the given faces; characters that none of them has are boxes. */
export function letteringOf(faceAt: FaceLookup): Lettering {
  const known = new Map<string, Drawn>()
  const find = (codePoint: number, isBold: boolean): Drawn => {
    for (let part = 0; ; part++) {
      const face = faceAt(part, isBold)
      if (face === undefined) return { glyph: boxGlyph, unitsPerEm: 1000 }
      const glyph = face.glyphOf(codePoint)
      if (glyph !== undefined) return { glyph, unitsPerEm: face.unitsPerEm }
    }
  }
  const found = (character: string, isBold: boolean): Drawn => {
    const key = isBold ? `${character}b` : character
    const drawn = known.get(key) ?? find(character.codePointAt(0) ?? 0, isBold)
    known.set(key, drawn)
    return drawn
  }
  const outlines = new Map<string, string>()
  const outlineOf = (character: string, { size, isBold = false }: TextStyle, isUpright: boolean): string => {
    const key = `${character} ${size} ${isBold} ${isUpright}`
    const before = outlines.get(key)
    if (before !== undefined) return before
    const outline = relativePath(found(character, isBold), size, isUpright)
    outlines.set(key, outline)
    return outline
  }
  const advanceOf = (character: string, { size, isBold = false }: TextStyle): number => {
    const { glyph, unitsPerEm } = found(character, isBold)
    return (glyph.advance / unitsPerEm) * size
  }
  const width = (text: string, style: TextStyle) =>
    Array.from(text).reduce((sum, character) => sum + advanceOf(character, style), 0)
  return {
    width,
    path(text, { x, y, anchor = 'start', isUpright = false }, style) {
      let along = { start: 0, middle: -0.5, end: -1 }[anchor] * width(text, style)
      let path = ''
      for (const character of Array.from(text)) {
        const outline = outlineOf(character, style, isUpright)
        if (outline !== '') {
          path += isUpright
            ? `M${short(x)} ${short(y - along)}${outline}`
            : `M${short(x + along)} ${short(y)}${outline}`
        }
        along += advanceOf(character, style)
      }
      return path
    },
  }
}

interface Drawn {
  readonly glyph: Glyph
  readonly unitsPerEm: number
}

const corner = (x: number, y: number): OutlinePoint => ({ x, y, isOnCurve: true })

/** What stands for a character that the font does not have. */
const boxGlyph: Glyph = {
  advance: 640,
  contours: [
    [corner(70, 0), corner(570, 0), corner(570, 700), corner(70, 700)],
    [corner(120, 50), corner(120, 650), corner(520, 650), corner(520, 50)],
  ],
}

/** The contours of a character from the place where it stands, in steps from point to point: the same wherever it stands. */
function relativePath({ glyph, unitsPerEm }: Drawn, size: number, isUpright: boolean): string {
  const scale = size / unitsPerEm
  let path = ''
  let [x, y] = [0, 0]
  const move = (command: string, ...points: readonly Spot[]) => {
    const placed = points.map((point) => {
      const [across, up] = [point.x * scale, point.y * scale]
      return isUpright ? [hundredths(-up), hundredths(-across)] : [hundredths(across), hundredths(-up)]
    })
    path += `${command}${placed.map(([toX = 0, toY = 0]) => `${short(toX - x)} ${short(toY - y)}`).join(' ')}`
    const [lastX = 0, lastY = 0] = placed.at(-1) ?? []
    x = lastX
    y = lastY
  }
  for (const contour of glyph.contours) {
    drawContour(contour, move)
    path += 'z'
  }
  return path
}

type Spot = Pick<OutlinePoint, 'x' | 'y'>

/** Lines and quadratic curves of a contour; between two control points a point of the curve lies in the middle. */
function drawContour(
  contour: readonly OutlinePoint[],
  move: (command: string, ...points: readonly Spot[]) => void,
): void {
  const [first] = contour
  const last = contour.at(-1)
  if (first === undefined || last === undefined) return
  const middle = (a: Spot, b: Spot) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 })
  const start = first.isOnCurve ? first : last.isOnCurve ? last : middle(first, last)
  move('m', start)
  for (let index = first.isOnCurve ? 1 : 0; index < contour.length; index++) {
    const point = contour[index] ?? first
    const next = contour[index + 1]
    if (point.isOnCurve) move('l', point)
    else if (next === undefined) move('q', point, start)
    else if (next.isOnCurve) {
      move('q', point, next)
      index++
    } else move('q', point, middle(point, next))
  }
}

function hundredths(value: number): number {
  return Math.round(value * 100) / 100
}

function short(value: number): string {
  return String(hundredths(value))
}
