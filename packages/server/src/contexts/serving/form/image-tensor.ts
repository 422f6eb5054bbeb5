import type { Sharp } from 'sharp'
import { limit } from '../../../kernel/index.js'
import {
  type ImageHeader,
  type ImageReading,
  type ImageReason,
  imageHeader,
  openImage,
  unreadableImage,
} from '../../../platform/images/index.js'
import { halfBits } from '../protocols/tensor-values.js'
import type { Tensor, TensorSpec } from '../runtime/tensor.js'
import { drawnSize, type ImageLayout, type ImageSize, type RefuseImage } from './image-layout.js'
import { takeTurn } from './image-turns.js'

interface Pixels extends ImageSize {
  readonly data: Uint8Array
}

/** How images become the values of an input, and what is thrown where they cannot. */
export interface ImageTaking {
  readonly spec: TensorSpec
  readonly layout: ImageLayout
  readonly refuse: RefuseImage
  /** How long they may wait for their turn; `serving.wait_ms` without. */
  readonly timeoutMs?: number | undefined
}

/**
 * Images as the values of an input, each turned upright as its file says, without transparency, drawn to the size that the input has. Throws what
 * `refuse` makes, and `server_overloaded` where too many wait.
 */
export async function imageTensor(files: readonly Uint8Array[], taking: ImageTaking): Promise<Tensor> {
  const { batchMax } = taking.layout
  if (batchMax !== undefined && files.length > batchMax) {
    throw taking.refuse({
      en: `it takes ${batchMax} at once, and ${files.length} are given`,
      fr: `elle en prend ${batchMax} à la fois, et ${files.length} sont données`,
    })
  }
  const bytes = files.reduce((sum, { length }) => sum + length, 0)
  return takeTurn(() => readAll(files, taking), { bytes, timeoutMs: taking.timeoutMs })
}

async function readAll(files: readonly Uint8Array[], taking: ImageTaking): Promise<Tensor> {
  const { spec, layout, refuse } = taking
  const headers: ImageHeader[] = []
  for (const [row, file] of files.entries()) headers.push(await imageHeader(file, readingOf(taking, row)))
  checkSizes(headers, taking)
  let first: Pixels | undefined
  let values: Values | undefined
  // One after the other: each is unpacked in memory.
  for (const [row, file] of files.entries()) {
    const header = headers[row]
    if (header === undefined) continue
    const image = await readPixels(file, header, { layout, reading: readingOf(taking, row) })
    first ??= image
    if (image.width !== first.width || image.height !== first.height) throw refuse(notOfOneSize, row)
    values ??= makeValues(spec, files.length * image.data.length)
    write(image.data, { values, offset: row * image.data.length, layout })
  }
  if (first === undefined || values === undefined) throw refuse(notOfOneSize)
  const { channels, channelsFirst, hasBatch } = layout
  const { width, height } = first
  const size = channelsFirst ? [channels, height, width] : [height, width, channels]
  const { name, datatype } = spec
  return { name, datatype, shape: hasBatch ? [files.length, ...size] : size, data: values }
}

const notOfOneSize: ImageReason = {
  en: 'the images of a request are not of one size',
  fr: 'les images d’une requête ne sont pas de même taille',
}

/** How one of the files is read. */
const readingOf = ({ refuse }: ImageTaking, row: number): ImageReading => ({
  pixelsMax: limit('serving.image_pixels_max'),
  refuse: (reason) => refuse(reason, row),
})

/** Small files may hold very large images, and small images may be drawn large. */
function checkSizes(sizes: readonly ImageSize[], { layout, refuse }: ImageTaking): void {
  let [pixels, values] = [0, 0]
  for (const own of sizes) {
    const drawn = drawnSize(own, layout)
    pixels += Math.max(own.width * own.height, layout.shortestEdge === undefined ? 0 : drawn.width * drawn.height)
    values += layout.channels * (layout.width ?? drawn.width) * (layout.height ?? drawn.height)
  }
  const [pixelsMax, valuesMax] = [limit('serving.image_pixels_max'), limit('serving.tensor_elements_max')]
  if (pixels > pixelsMax) {
    throw refuse({
      en: `the images have ${pixels} pixels, more than ${pixelsMax}`,
      fr: `les images ont ${pixels} pixels, plus que ${pixelsMax}`,
    })
  }
  if (values > valuesMax) {
    throw refuse({
      en: `the images become ${values} values, more than ${valuesMax}`,
      fr: `les images deviennent ${values} valeurs, plus que ${valuesMax}`,
    })
  }
}

async function readPixels(
  file: Uint8Array,
  header: ImageHeader,
  { layout, reading }: { readonly layout: ImageLayout; readonly reading: ImageReading },
): Promise<Pixels> {
  const { channels } = layout
  try {
    const { data, info } = await drawn(await openImage(file, header, reading), header, layout)
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== channels) throw new Error(`it has ${info.channels} channels`)
    return { data, width: info.width, height: info.height }
  } catch (error) {
    throw unreadableImage(error, reading)
  }
}

const kernels = { nearest: 'nearest', bilinear: 'linear', bicubic: 'cubic', lanczos: 'lanczos3' } as const

function drawn(image: Sharp, own: ImageSize, layout: ImageLayout): Sharp {
  const { width, height, shortestEdge } = layout
  const to = drawnSize(own, layout)
  const isSame = to.width === own.width && to.height === own.height
  // The decoder would draw a JPEG smaller by itself, and less exactly.
  const size = { ...to, fit: 'fill', kernel: kernels[layout.resample], fastShrinkOnLoad: false } as const
  const resized = isSame ? image : image.resize(size)
  if (shortestEdge === undefined || width === undefined || height === undefined) return resized
  const [left, top] = [Math.floor((to.width - width) / 2), Math.floor((to.height - height) / 2)]
  return resized.extract({ left, top, width, height })
}

type Values = Uint8Array | Uint16Array | Float32Array | Float64Array

function makeValues({ datatype }: TensorSpec, count: number): Values {
  switch (datatype) {
    case 'FP16':
      return new Uint16Array(count)
    case 'FP32':
      return new Float32Array(count)
    case 'FP64':
      return new Float64Array(count)
    default:
      return new Uint8Array(count)
  }
}

interface Place {
  readonly values: Values
  readonly offset: number
  readonly layout: ImageLayout
}

/** Pixels as an input has them: all values of a channel one after the other, or those of a pixel; scaled by the tables. */
function write(pixels: Uint8Array, { values, offset, layout }: Place): void {
  const { channels, channelsFirst, isReversed, tables } = layout
  const count = pixels.length / channels
  const [step, stride] = channelsFirst ? [1, count] : [channels, 1]
  for (let channel = 0; channel < channels; channel += 1) {
    const scaled = tables[channel] ?? new Float64Array(256)
    const table = values instanceof Uint16Array ? Uint16Array.from(scaled, halfBits) : scaled
    let to = offset + channel * stride
    for (let from = isReversed ? channels - 1 - channel : channel; from < pixels.length; from += channels, to += step) {
      values[to] = table[pixels[from] ?? 0] ?? 0
    }
  }
}
