import { itemAt } from '../data/element.js'
import { MlError } from '../ml-error.js'

/** An image as it lies in memory: row after row, `channels` bytes a pixel (1 grey, 3 RGB, 4 RGB and opacity, which is not looked at). */
export interface ImagePixels {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3 | 4
  readonly data: Uint8Array | Uint8ClampedArray
}

/** Plain numbers of an image whose drift is that of columns. */
export interface ImageStatistics {
  readonly width: number
  readonly height: number
  /** Width by height. */
  readonly aspect: number
  /** Pixels. */
  readonly area: number
  /** Mean luma (ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B), 0 black to 255 white. */
  readonly brightness: number
  /** Standard deviation of the luma over the pixels (root mean square contrast), 0 to 127.5. */
  readonly contrast: number
  /** Mean of each colour, 0 to 255; all three are the grey of a grey image. */
  readonly red: number
  readonly green: number
  readonly blue: number
}

/** Names of the columns that statistics of images become, in order. */
export const imageColumns = [
  'width',
  'height',
  'aspect',
  'area',
  'brightness',
  'contrast',
  'red',
  'green',
  'blue',
] as const

/**
 * Size, brightness, contrast and colours of an image, in one pass; sums are exact up to 2^40 pixels.
 * @throws MlError `empty_set` of an image without pixels, `length_mismatch` where there are not as many bytes as its size says
 */
export function imageStatistics({ width, height, channels, data }: ImagePixels): ImageStatistics {
  const area = width * height
  if (!(Number.isInteger(area) && area > 0)) {
    throw new MlError('empty_set', `The image is ${width} by ${height}: give one with pixels`, { value: area })
  }
  if (data.length !== area * channels) {
    throw new MlError(
      'length_mismatch',
      `The image has ${data.length} bytes: ${width} by ${height} pixels of ${channels} channels are ${area * channels}`,
      { value: data.length },
    )
  }
  const [second, third] = channels === 1 ? [0, 0] : [1, 2]
  // Luma in thousandths is a whole number, and so are its sums.
  let [red, green, blue, squares] = [0, 0, 0, 0]
  for (let at = 0; at < data.length; at += channels) {
    const r = itemAt(data, at)
    const g = itemAt(data, at + second)
    const b = itemAt(data, at + third)
    red += r
    green += g
    blue += b
    const luma = 299 * r + 587 * g + 114 * b
    squares += (luma / 1000) ** 2
  }
  const brightness = (299 * red + 587 * green + 114 * blue) / 1000 / area
  return {
    width,
    height,
    aspect: width / height,
    area,
    brightness,
    contrast: Math.sqrt(Math.max(0, squares / area - brightness * brightness)),
    red: red / area,
    green: green / area,
    blue: blue / area,
  }
}
