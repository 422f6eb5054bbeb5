import type { ImageSpec } from '@fabrique/contract'
import type { ImageReason } from '../../../platform/images/index.js'
import type { TensorSpec } from '../runtime/tensor.js'

/** Makes the error of who asks; `row` is that of the image, where it is of one. */
export type RefuseImage = (reason: ImageReason, row?: number) => Error

export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** How an input has the pixels of an image. */
export interface ImageLayout {
  readonly channels: 1 | 3
  /** Blue before green before red. */
  readonly isReversed: boolean
  readonly channelsFirst: boolean
  readonly hasBatch: boolean
  /** Undefined where any number is taken at once. */
  readonly batchMax: number | undefined
  /** Undefined where any size is taken: the image's own. */
  readonly height: number | undefined
  readonly width: number | undefined
  /** What the shorter side is drawn to before the middle is taken; 0 for just as much as it takes, undefined where nothing is cut off. */
  readonly shortestEdge: number | undefined
  readonly resample: NonNullable<ImageSpec['resample']>
  /** Of each channel, what each value from 0 to 255 becomes. */
  readonly tables: readonly Float64Array[]
}

/** Throws what `refuse` makes of it where the input takes no image, or none of this kind. */
export function imageLayout(spec: TensorSpec, declared: ImageSpec, refuse: RefuseImage): ImageLayout {
  const { shape } = spec
  const sizes = shape.length === 4 ? shape.slice(1) : shape
  const isFirst = channelsFirst(sizes, declared)
  const places = isFirst ? ([0, 1, 2] as const) : ([2, 0, 1] as const)
  const [ofChannels = 0, ofHeight = 0, ofWidth = 0] = places.map((place) => sizes[place] ?? 0)
  const channels = channelsOf(ofChannels, declared)
  if (sizes.length !== 3 || channels === undefined) {
    const at = `[${shape.join(', ')}]`
    throw refuse({
      en: `its shape ${at} is none of ${wanted[declared.channels ?? 'any'].en}`,
      fr: `sa forme ${at} n’est pas celle ${wanted[declared.channels ?? 'any'].fr}`,
    })
  }
  const height = sizeOf(ofHeight, declared.height, refuse)
  const width = sizeOf(ofWidth, declared.width, refuse)
  const batch = shape[0] ?? -1
  return {
    channels,
    isReversed: declared.channels === 'bgr',
    channelsFirst: isFirst,
    hasBatch: shape.length === 4,
    batchMax: shape.length === 4 ? (batch < 0 ? undefined : batch) : 1,
    height,
    width,
    shortestEdge: shortestEdgeOf(declared, { width, height }, refuse),
    resample: declared.resample ?? 'bicubic',
    tables: tablesOf(spec, declared, channels, refuse),
  }
}

const wanted = {
  any: { en: 'an image', fr: 'd’une image' },
  grey: { en: 'a grey image', fr: 'd’une image en niveaux de gris' },
  rgb: { en: 'an image in colours', fr: 'd’une image en couleurs' },
  bgr: { en: 'an image in colours', fr: 'd’une image en couleurs' },
}

const mayBeChannels = (size: number | undefined) => size === 1 || size === 3

/** A shape tells by its size that cannot be a width; one that is free everywhere has its channels first, as most exporters write. */
function channelsFirst([first = 0, , last = 0]: readonly number[], { layout }: ImageSpec): boolean {
  if (layout !== undefined) return layout === 'channels_first'
  return mayBeChannels(first) || (first < 0 && !mayBeChannels(last))
}

function channelsOf(size: number, { channels: named }: ImageSpec): 1 | 3 | undefined {
  const declared = named === undefined ? undefined : named === 'grey' ? 1 : 3
  if (size === 1 || size === 3) return declared === undefined || declared === size ? size : undefined
  return size < 0 ? (declared ?? 3) : undefined
}

function sizeOf(size: number, declared: number | undefined, refuse: RefuseImage): number | undefined {
  if (size < 0) return declared
  if (declared === undefined || declared === size) return size
  throw refuse({
    en: `it is declared with ${declared} pixels where the input has ${size}`,
    fr: `elle est déclarée avec ${declared} pixels là où l’entrée en a ${size}`,
  })
}

function shortestEdgeOf(
  { fit, shortest_edge: edge }: ImageSpec,
  { width, height }: Pick<ImageLayout, 'width' | 'height'>,
  refuse: RefuseImage,
): number | undefined {
  if (fit !== 'crop') return undefined
  if (width === undefined || height === undefined) {
    throw refuse({
      en: 'nothing can be cropped without a width and a height',
      fr: 'rien ne peut être recadré sans largeur ni hauteur',
    })
  }
  if (edge === undefined) return 0
  if (edge >= Math.max(width, height)) return edge
  throw refuse({
    en: `its shortest_edge ${edge} is less than what is cropped, ${width} × ${height}`,
    fr: `son shortest_edge ${edge} est plus petit que le recadrage, ${width} × ${height}`,
  })
}

const floats: readonly string[] = ['FP16', 'FP32', 'FP64']

function tablesOf(
  { datatype }: TensorSpec,
  { scale, mean = [0], std = [1] }: ImageSpec,
  channels: number,
  refuse: RefuseImage,
): readonly Float64Array[] {
  const isFloat = floats.includes(datatype)
  if (!isFloat && datatype !== 'UINT8') {
    throw refuse({ en: `an image is no ${datatype}`, fr: `une image n’est pas du type ${datatype}` })
  }
  const fits = (list: readonly number[]) => list.length === 1 || list.length === channels
  if (!fits(mean) || !fits(std) || std.some((one) => one === 0)) {
    throw refuse({
      en: `mean and std need one number or ${channels}, and no std is 0`,
      fr: `mean et std demandent un nombre ou ${channels}, et aucun std ne vaut 0`,
    })
  }
  return Array.from({ length: channels }, (_, channel) => {
    const at = (list: readonly number[], otherwise: number) => list[list.length === 1 ? 0 : channel] ?? otherwise
    const table = Float64Array.from({ length: 256 }, (__, value) => {
      // A division, not a product with what 1/255 is in binary: the same bits as where models are trained.
      const scaled = scale === undefined ? (isFloat ? value / 255 : value) : value * scale
      return (scaled - at(mean, 0)) / at(std, 1)
    })
    if (isFloat || table.every((value) => Number.isInteger(value) && value >= 0 && value <= 255)) return table
    throw refuse({
      en: `${datatype} holds no values that are scaled or normalised`,
      fr: `${datatype} ne contient pas de valeurs mises à l’échelle ou normalisées`,
    })
  })
}

/** What an image of a size is drawn to before its middle is taken. */
export function drawnSize(own: ImageSize, { width, height, shortestEdge }: ImageLayout): ImageSize {
  if (shortestEdge === undefined || width === undefined || height === undefined) {
    return { width: width ?? own.width, height: height ?? own.height }
  }
  const ratio =
    shortestEdge === 0
      ? Math.max(width / own.width, height / own.height)
      : shortestEdge / Math.min(own.width, own.height)
  // Rounded down as in the libraries that models are trained with; never less than what is taken of it.
  const drawn = (size: number, least: number) => Math.max(Math.floor(size * ratio + 1e-9), least)
  return { width: drawn(own.width, width), height: drawn(own.height, height) }
}
