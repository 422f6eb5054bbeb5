import { open } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import type { Snapshot } from '@fabrique/contract'
import { evenPlaces } from '@fabrique/ml/drift'
import { type ImageStatistics, imageStatistics } from '@fabrique/ml/monitoring'
import { limit } from '../../../kernel/index.js'
import {
  type ImageReading,
  imageHeader,
  openImage,
  sqlName,
  sqlText,
  unreadableImage,
  type VerbContext,
} from '../../../platform/index.js'
import {
  type CollectionFile,
  formOf,
  labelOf,
  openAt,
  type PackedFile,
  readCollection,
  selectPackedOf,
} from '../../datasets/index.js'

/** Rows of pictures as the data engine reads them. */
export interface PictureRows {
  /** What stands after `from`. */
  readonly table: string
  readonly rows: number
  /** Pictures of the collection, where that is more. */
  readonly sampledOf?: number
}

/** Plain figures of a picture, as columns; those of a picture that cannot be read are missing. */
const figures = {
  width: 'BIGINT',
  height: 'BIGINT',
  area: 'BIGINT',
  aspect: 'DOUBLE',
  brightness: 'DOUBLE',
  contrast: 'DOUBLE',
  red: 'DOUBLE',
  green: 'DOUBLE',
  blue: 'DOUBLE',
} as const satisfies Readonly<Record<keyof ImageStatistics, string>>

/**
 * Writes a row for each picture of a collection, of many for so many at even distances: its folder as the label, the size of its file, its
 * format and plain figures of its pixels. One picture is in memory at once.
 */
export async function writePictures(ctx: VerbContext, snapshot: Snapshot, path: string): Promise<PictureRows> {
  const isLabelled = formOf(snapshot) === 'labelled_images'
  const all = await readCollection(ctx, snapshot)
  const rows = Math.min(all.length, limit('monitoring.pictures_max'))
  const pictures = Array.from(evenPlaces(all.length, rows), (place) => all[place]).filter(
    (picture) => picture !== undefined,
  )
  const hashes = pictures.map(({ sha256 }) => sha256)
  const packs = await selectPackedOf(ctx, snapshot.id, hashes)
  const file = await open(path, 'w', 0o600)
  try {
    for (const picture of pictures) {
      ctx.signal?.throwIfAborted()
      const { image, bytes } = picture
      const told = { ...(isLabelled ? { label: labelOf(picture.path) } : {}), 'image.bytes': bytes }
      const seen = Object.entries((await statisticsOf(ctx, picture, packs.get(picture.sha256))) ?? {})
      const measured = Object.fromEntries(seen.map(([name, value]) => [`image.${name}`, value]))
      await file.write(`${JSON.stringify({ ...told, 'image.format': image?.format, ...measured })}\n`)
    }
  } finally {
    await file.close()
  }
  const columns = [
    ...(isLabelled ? [['label', 'VARCHAR']] : []),
    ['image.format', 'VARCHAR'],
    ['image.bytes', 'BIGINT'],
    ...Object.entries(figures).map(([name, type]) => [`image.${name}`, type]),
  ]
  const types = columns.map(([name = '', type = '']) => `${sqlName(name)}: ${sqlText(type)}`).join(', ')
  const table = `read_json(${sqlText(path)}, format = 'newline_delimited', columns = {${types}})`
  return { table, rows, ...(rows < all.length ? { sampledOf: all.length } : {}) }
}

/** Undefined of a picture that cannot be read, or is larger than the limit. */
async function statisticsOf(
  ctx: VerbContext,
  picture: CollectionFile,
  packed: PackedFile | undefined,
): Promise<ImageStatistics | undefined> {
  const pixelsMax = limit('monitoring.picture_pixels_max')
  if (picture.bytes === 0 || picture.bytes > pixelsMax * bytesOfPixel) return undefined
  const whole = { start: 0, end: picture.bytes - 1 }
  const content = await bytesOf(await openAt(ctx, picture.sha256, packed, whole))
  try {
    return await measure(content, { pixelsMax, refuse: ({ en }) => new UnreadablePicture(en) })
  } catch (error) {
    if (error instanceof UnreadablePicture) return undefined
    throw error
  }
}

/** A file is no larger than its pixels as they are in memory. */
const bytesOfPixel = 4

class UnreadablePicture extends Error {}

async function measure(content: Uint8Array, reading: ImageReading): Promise<ImageStatistics> {
  const header = await imageHeader(content, reading)
  const image = await openImage(content, header, reading).catch(refused)
  const { data, info } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }).catch(refused)
  if (info.channels !== 3) throw refused(new Error(`it has ${info.channels} channels`))
  return imageStatistics({ width: info.width, height: info.height, channels: 3, data })

  function refused(error: unknown): never {
    throw unreadableImage(error, reading)
  }
}

async function bytesOf(content: Readable): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of content) parts.push(part)
  return Buffer.concat(parts)
}
