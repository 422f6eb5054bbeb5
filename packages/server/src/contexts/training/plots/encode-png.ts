import { promisify } from 'node:util'
import { crc32, deflate } from 'node:zlib'

/** Pixels row by row, four bytes each: red, green, blue, opacity. Opacity is ignored. */
export interface Pixels {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

const pack = promisify(deflate)

/** Colours of a file at most. */
const paletteMax = 256
/** So many of the most frequent colours are taken in any case; of the others those that are far from all before them. */
const frequentMax = 64
/** Square of a distance between colours. */
const farApart = 900
/** Bits of each channel by which colours are counted. */
const bits = 4
const levels = 1 << bits
/** Pixels that are written sooner one by one than by a call. */
const shortRun = 16

/**
 * A PNG with a palette of the most frequent colours; others become the nearest of them. Plots are made of few colours and their
 * edges, so this takes a fifth of the time of a general quantisation. Format: https://www.w3.org/TR/png-3/
 * @param dotsPerMetre written into the file, so that programs show it in its true size
 */
export async function encodePng({ data, width, height }: Pixels, dotsPerMetre: number): Promise<Uint8Array> {
  // Signed: numbers beyond 2^31 would be objects.
  const words = new Int32Array(data.buffer.slice(data.byteOffset, data.byteOffset + width * height * 4))
  const { palette, indexOf } = choosePalette(words)
  const rows = new Uint8Array(height * (width + 1))
  for (let y = 0, from = 0; y < height; y++) {
    // Each row begins with the number of its filter; without one, rows of a plot repeat themselves.
    const shift = y + 1
    for (const rowEnd = from + width; from < rowEnd; ) {
      const index = indexOf[binOf(words[from] ?? 0)] ?? 0
      const end = runEnd(words, from, rowEnd)
      if (end - from > shortRun) rows.fill(index, from + shift, end + shift)
      else for (let at = from; at < end; at++) rows[at + shift] = index
      from = end
    }
  }
  const header = new DataView(new ArrayBuffer(13))
  header.setUint32(0, width)
  header.setUint32(4, height)
  header.setUint8(8, 8)
  header.setUint8(9, 3)
  const size = new DataView(new ArrayBuffer(9))
  size.setUint32(0, dotsPerMetre)
  size.setUint32(4, dotsPerMetre)
  size.setUint8(8, 1)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', Buffer.from(header.buffer)),
    chunk('pHYs', Buffer.from(size.buffer)),
    chunk('PLTE', palette),
    chunk('IDAT', await pack(rows, { level: 4 })),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

/** Where the pixels that follow one another in the same colour end. */
function runEnd(words: Int32Array, from: number, end: number): number {
  const word = words[from]
  let to = from + 1
  while (to < end && words[to] === word) to++
  return to
}

function binOf(word: number): number {
  const shift = 8 - bits
  const [red, green, blue] = [word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff]
  return ((red >> shift) << (2 * bits)) | ((green >> shift) << bits) | (blue >> shift)
}

interface Palette {
  /** Three bytes a colour. */
  readonly palette: Buffer
  /** Position in the palette by bin of colours. */
  readonly indexOf: Uint8Array
}

/** The mean colours of the bins with most pixels. */
function choosePalette(words: Int32Array): Palette {
  const counts = new Uint32Array(levels ** 3)
  const sums = new Float64Array(levels ** 3 * 3)
  for (let from = 0; from < words.length; ) {
    const word = words[from] ?? 0
    const to = runEnd(words, from, words.length)
    const bin = binOf(word)
    counts[bin] = (counts[bin] ?? 0) + to - from
    for (let channel = 0; channel < 3; channel++) {
      const at = bin * 3 + channel
      sums[at] = (sums[at] ?? 0) + ((word >> (8 * channel)) & 0xff) * (to - from)
    }
    from = to
  }
  const used = [...counts.keys()].filter((bin) => (counts[bin] ?? 0) > 0)
  used.sort((first, second) => (counts[second] ?? 0) - (counts[first] ?? 0) || first - second)
  const colors = used.map((bin) =>
    [0, 1, 2].map((channel) => Math.round((sums[bin * 3 + channel] ?? 0) / (counts[bin] ?? 1))),
  )
  const kept = colors.slice(0, frequentMax)
  const indexOf = new Uint8Array(levels ** 3)
  for (const [at, bin] of used.entries()) {
    const color = colors[at] ?? []
    const { index, distance } = at < frequentMax ? { index: at, distance: 0 } : nearest(kept, color)
    const isFar = distance > farApart && kept.length < paletteMax
    indexOf[bin] = isFar ? kept.push(color) - 1 : index
  }
  return { palette: Buffer.from(kept.flat()), indexOf }
}

/** The kept colour that differs least, with the square of the distance. */
function nearest(colors: readonly (readonly number[])[], wanted: readonly number[]) {
  let [index, distance] = [0, Number.POSITIVE_INFINITY]
  for (const [at, color] of colors.entries()) {
    const own = color.reduce((sum, value, channel) => sum + (value - (wanted[channel] ?? 0)) ** 2, 0)
    if (own >= distance) continue
    index = at
    distance = own
  }
  return { index, distance }
}

function chunk(type: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  check.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, check])
}
