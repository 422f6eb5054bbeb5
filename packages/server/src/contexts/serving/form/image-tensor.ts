import type { Sharp } from 'sharp'
import { limit } from '../../../kernel/index.js'
import { halfBits, tensorWrong } from '../protocols/tensor-values.js'
import type { Tensor, TensorData, TensorSpec } from '../runtime/tensor.js'
import type { FormPart } from './parse-multipart.js'

/** How an input has the pixels of a picture. */
interface Layout {
  readonly channels: 1 | 3
  readonly channelsFirst: boolean
  readonly hasBatch: boolean
  /** Undefined where any size is taken: the picture's own. */
  readonly height: number | undefined
  readonly width: number | undefined
}

interface Size {
  readonly width: number
  readonly height: number
}

/** What a file says of its picture. */
interface Header extends Size {
  readonly hasAlpha: boolean
}

interface Pixels extends Size {
  readonly data: Uint8Array
}

/**
 * Pictures as the values of an input: of [N, C, H, W], [N, H, W, C], or the same without N, with one channel for grey or three for red, green
 * and blue. They are drawn to the size that the input has; bytes are the pixels as they are, floats go from 0 to 1. Throws `tensor_wrong`.
 */
export async function imageTensor(spec: TensorSpec, parts: readonly FormPart[]): Promise<Tensor> {
  const layout = layoutOf(spec)
  if (parts.length > 1 && !layout.hasBatch) {
    throw tensorWrong(spec.name, 'it takes one picture', 'elle prend une seule image')
  }
  const headers: Header[] = []
  for (const part of parts) headers.push(await headerOf(part, spec))
  checkSizes(headers, spec, layout)
  const { channels, channelsFirst, hasBatch } = layout
  let first: Pixels | undefined
  let bytes = new Uint8Array(0)
  // One after the other: each is unpacked in memory.
  for (const [index, part] of parts.entries()) {
    const image = await readPixels(part, spec, { ...layout, hasAlpha: headers[index]?.hasAlpha === true })
    if (first === undefined) bytes = new Uint8Array(parts.length * image.data.length)
    first ??= image
    if (image.data.length !== first.data.length) throw notOfOneSize(spec)
    bytes.set(channelsFirst ? planesOf(image.data, channels) : image.data, index * image.data.length)
  }
  if (first === undefined) throw notOfOneSize(spec)
  const { width, height } = first
  const size = channelsFirst ? [channels, height, width] : [height, width, channels]
  return { ...spec, shape: hasBatch ? [parts.length, ...size] : size, data: elementsOf(spec, bytes) }
}

function notOfOneSize({ name }: TensorSpec) {
  return tensorWrong(name, 'its pictures are not of one size', 'ses images ne sont pas de même taille')
}

/** What a file says of its picture, before it is unpacked. */
async function headerOf({ content }: FormPart, { name }: TensorSpec): Promise<Header> {
  // Loaded at first use: servers of tables do without.
  const { default: sharp } = await import('sharp')
  try {
    const { width, height, hasAlpha } = await sharp(content).metadata()
    return { width, height, hasAlpha: hasAlpha === true }
  } catch (error) {
    throw unreadable(name, error)
  }
}

/** Small files may hold very large pictures, and small pictures may be drawn large. */
function checkSizes(sizes: readonly Size[], { name }: TensorSpec, layout: Layout): void {
  let [pixels, values] = [0, 0]
  for (const { width, height } of sizes) {
    pixels += width * height
    values += layout.channels * (layout.width ?? width) * (layout.height ?? height)
  }
  const [pixelsMax, valuesMax] = [limit('serving.image_pixels_max'), limit('serving.tensor_elements_max')]
  if (pixels > pixelsMax) {
    throw tensorWrong(
      name,
      `its pictures have ${pixels} pixels, more than ${pixelsMax}`,
      `ses images ont ${pixels} pixels, plus que ${pixelsMax}`,
    )
  }
  if (values > valuesMax) {
    throw tensorWrong(
      name,
      `its pictures become ${values} values, more than ${valuesMax}`,
      `ses images deviennent ${values} valeurs, plus que ${valuesMax}`,
    )
  }
}

function unreadable(name: string, error: unknown) {
  const reason = error instanceof Error ? error.message : String(error)
  return tensorWrong(name, `the picture cannot be read: ${reason}`, `l’image ne peut pas être lue\u202f: ${reason}`)
}

function layoutOf({ name, shape }: TensorSpec): Layout {
  const sizes = shape.length === 4 ? shape.slice(1) : shape
  const channelsOf = (size: number | undefined) => (size === 1 || size === 3 ? size : undefined)
  const [first, , last] = sizes
  const channelsFirst = channelsOf(first) !== undefined
  const channels = channelsOf(first) ?? channelsOf(last)
  if (sizes.length !== 3 || channels === undefined) {
    const at = `[${shape.join(', ')}]`
    throw tensorWrong(name, `its shape ${at} is none of a picture`, `sa forme ${at} n’est pas celle d’une image`)
  }
  const [height, width] = channelsFirst ? sizes.slice(1) : sizes
  const known = (size: number | undefined) => (size === undefined || size < 0 ? undefined : size)
  return { channels, channelsFirst, hasBatch: shape.length === 4, height: known(height), width: known(width) }
}

async function readPixels(
  { content }: FormPart,
  { name }: TensorSpec,
  layout: Layout & Pick<Header, 'hasAlpha'>,
): Promise<Pixels> {
  const { default: sharp } = await import('sharp')
  const { channels } = layout
  try {
    const sent = sharp(content, { limitInputPixels: limit('serving.image_pixels_max'), failOn: 'error' })
    const opaque = layout.hasAlpha ? await withoutAlpha(sent) : undefined
    // What is transparent keeps its colour, as where models are trained: drawing would mix it otherwise.
    const image = opaque === undefined ? sent : sharp(opaque.data, { raw: opaque.info })
    const { data, info } = await resized(image, layout)
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .raw()
      .toBuffer({ resolveWithObject: true })
    if (info.channels !== channels) throw new Error(`it has ${info.channels} channels`)
    return { data, width: info.width, height: info.height }
  } catch (error) {
    throw unreadable(name, error)
  }
}

function withoutAlpha(image: Sharp) {
  return image.removeAlpha().raw().toBuffer({ resolveWithObject: true })
}

function resized(image: Sharp, { width, height }: Layout): Sharp {
  if (width === undefined && height === undefined) return image
  const size = { ...(width === undefined ? {} : { width }), ...(height === undefined ? {} : { height }) }
  return image.resize({ ...size, fit: 'fill', kernel: 'cubic' })
}

/** All red values, then all green ones, then all blue ones. */
function planesOf(data: Uint8Array, channels: number): Uint8Array {
  const planes = new Uint8Array(data.length)
  const count = data.length / channels
  for (let channel = 0; channel < channels; channel += 1) {
    const start = channel * count
    for (let pixel = 0, at = channel; pixel < count; pixel += 1, at += channels) planes[start + pixel] = data[at] ?? 0
  }
  return planes
}

function elementsOf({ name, datatype }: TensorSpec, bytes: Uint8Array): TensorData {
  switch (datatype) {
    case 'UINT8':
      return bytes
    case 'FP32':
      return Float32Array.from(bytes, (value) => value / 255)
    case 'FP64':
      return Float64Array.from(bytes, (value) => value / 255)
    case 'FP16':
      return Uint16Array.from(bytes, (value) => halfBits(value / 255))
    default:
      throw tensorWrong(name, `a picture is no ${datatype}`, `une image n’est pas du type ${datatype}`)
  }
}
