import type { Sharp } from 'sharp'

/** Why a file is not taken as an image, in both languages: the end of a sentence about it. */
export interface ImageReason {
  readonly en: string
  readonly fr: string
}

/** How a file is read, and what is thrown where it cannot be. */
export interface ImageReading {
  readonly pixelsMax: number
  readonly refuse: (reason: ImageReason) => Error
}

/** What a file says of its image, upright. */
export interface ImageHeader {
  /** Pixels. */
  readonly width: number
  readonly height: number
  readonly hasAlpha: boolean
}

/** The first bytes of the formats that are taken: others, which may be programs of a kind, are not even looked at. */
const signatures: readonly Readonly<Record<number, string>>[] = [
  { 0: '\xff\xd8\xff' },
  { 0: '\x89PNG\r\n\x1a\n' },
  { 0: 'GIF87a' },
  { 0: 'GIF89a' },
  { 0: 'RIFF', 8: 'WEBPVP8' },
  { 0: 'II*\0' },
  { 0: 'MM\0*' },
  { 0: '\0', 4: 'ftypavi' },
  { 0: '\0', 4: 'ftypmif1' },
]

/** The same as the library calls them, which looks for itself what a file is. */
const formats: readonly unknown[] = ['jpeg', 'png', 'gif', 'webp', 'tiff', 'heif']

const ofNoFormat: ImageReason = {
  en: 'its file is none of JPEG, PNG, WebP, GIF, TIFF and AVIF',
  fr: 'son fichier n’est ni JPEG, ni PNG, ni WebP, ni GIF, ni TIFF, ni AVIF',
}

const isImage = (file: Uint8Array) => {
  const head = Buffer.from(file.subarray(0, 16)).toString('latin1')
  return signatures.some((parts) => Object.entries(parts).every(([at, bytes]) => head.startsWith(bytes, Number(at))))
}

/** What a file says of its image, before it is unpacked. */
export async function imageHeader(file: Uint8Array, reading: ImageReading): Promise<ImageHeader> {
  const { refuse } = reading
  if (file.length === 0) throw refuse({ en: 'its file is empty', fr: 'son fichier est vide' })
  if (!isImage(file)) throw refuse(ofNoFormat)
  // Loaded at first use: servers of tables do without.
  const { default: sharp } = await import('sharp')
  const found = await sharp(file, boundsOf(reading))
    .metadata()
    .catch((error: unknown) => {
      throw unreadableImage(error, reading)
    })
  const { pages = 1, hasAlpha, autoOrient, format } = found
  if (!formats.includes(format)) throw refuse(ofNoFormat)
  if (pages > 1) {
    throw refuse({
      en: `it has ${pages} images, and one is taken: it is animated, or has several pages`,
      fr: `elle contient ${pages} images, et une seule est prise\u202f: elle est animée, ou a plusieurs pages`,
    })
  }
  return { width: autoOrient.width, height: autoOrient.height, hasAlpha: hasAlpha === true }
}

/** The bounds are checked by what the header says; these of the library hold where that lies. */
const boundsOf = ({ pixelsMax }: ImageReading) => ({ limitInputPixels: pixelsMax, failOn: 'error' as const })

/** What `refuse` makes of an error of the library. */
export function unreadableImage(error: unknown, { pixelsMax, refuse }: ImageReading): Error {
  const found = (error instanceof Error ? error.message : String(error))
    .trim()
    .split('\n')
    .map((line) => line.trim())
    .join('; ')
  if (/exceeds pixel limit/.test(found)) {
    return refuse({ en: `it has more than ${pixelsMax} pixels`, fr: `elle a plus de ${pixelsMax} pixels` })
  }
  return refuse({ en: `it cannot be read: ${found}`, fr: `elle ne peut pas être lue\u202f: ${found}` })
}

/**
 * An image turned upright as its file says, without transparency: what is transparent keeps its colour, as where models are trained, where
 * drawing would mix it. Errors of its file come when it is read: tell them with `unreadableImage`.
 */
export async function openImage(
  file: Uint8Array,
  { hasAlpha }: Pick<ImageHeader, 'hasAlpha'>,
  reading: ImageReading,
): Promise<Sharp> {
  const { default: sharp } = await import('sharp')
  const upright = sharp(file, boundsOf(reading)).autoOrient()
  if (!hasAlpha) return upright
  const opaque = await upright.removeAlpha().raw().toBuffer({ resolveWithObject: true })
  return sharp(opaque.data, { raw: opaque.info })
}
