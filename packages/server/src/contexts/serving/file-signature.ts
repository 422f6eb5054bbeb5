import { type FeatureSpec, ImageSpec, ModelSignature } from '@fabrique/contract'
import { z } from 'zod'
import { exampleImage } from './example-image.js'

/** What a file of ours says of itself; see exportPipeline of packages/ml. */
const FileSignature = z.object({
  features: z.array(z.object({ name: z.string(), type: z.enum(['float32', 'string', 'int64']) })).min(1),
  classes: z.array(z.string()),
  target: z.string().nullable(),
})

/** What whoever made a model of images says of it in the same entry. */
const ImageFile = z.strictObject({
  features: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ name: z.string(), type: z.literal('image'), image: ImageSpec.optional() }),
        z.strictObject({ name: z.string(), type: z.enum(['float32', 'string', 'int64']) }),
      ]),
    )
    .min(1),
  classes: z.array(z.string()).default([]),
  target: z.string().nullish(),
  output: ModelSignature.shape.target.shape.output,
})

const featureTypes = { float32: 'number', string: 'text', int64: 'timestamp' } as const
/** A row of the right types, to try the model with. */
const examples = { float32: 0, string: 'a', int64: '2026-01-01T00:00:00Z' } as const

/**
 * The signature that stands in an ONNX file of ours, or of a model of images that was described like one; undefined for those of others. Throws a
 * plain error with the reason where a description of images cannot be read.
 */
export function fileSignature(file: Uint8Array): ModelSignature | undefined {
  const metadata = readMetadata(file)
  const task = ModelSignature.shape.task.safeParse(metadata.get('fabrique.task'))
  const entry = parsed(metadata.get('fabrique.signature'))
  if (namesImage(entry)) return imageSignature(entry, task.data)
  const told = FileSignature.safeParse(entry)
  if (!task.success || !told.success) return undefined
  const { features, classes, target } = told.data
  return {
    task: task.data,
    features: features.map(({ name, type }): FeatureSpec => ({ name, type: featureTypes[type] })),
    target: { name: target ?? 'prediction', classes },
    example: Object.fromEntries(features.map(({ name, type }) => [name, examples[type]])),
  }
}

const Named = z.object({ features: z.array(z.looseObject({ type: z.unknown() })) })

function namesImage(entry: unknown): boolean {
  const named = Named.safeParse(entry)
  return named.success && named.data.features.some(({ type }) => type === 'image')
}

function imageSignature(entry: unknown, task: ModelSignature['task'] | undefined): ModelSignature {
  const told = ImageFile.safeParse(entry)
  if (!told.success) {
    const [issue] = told.error.issues
    throw new Error(`Its entry fabrique.signature cannot be read at ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const { features, classes, target, output } = told.data
  return {
    task: task ?? (classes.length > 0 ? 'classification' : 'regression'),
    features: features.map((feature): FeatureSpec => {
      if (feature.type !== 'image') return { name: feature.name, type: featureTypes[feature.type] }
      return { name: feature.name, type: 'image', image: feature.image ?? {} }
    }),
    target: { name: target ?? 'prediction', classes, ...(output === undefined ? {} : { output }) },
    example: Object.fromEntries(
      features.map(({ name, type }) => [name, type === 'image' ? exampleImage() : examples[type]]),
    ),
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

/** Number of the field of an ONNX file that holds an entry of its metadata, and of the key and the value within. */
const [entryField, keyField, valueField] = [14, 1, 2]

/** The metadata of an ONNX file; none where it is no such file. The graph is passed over, however large. */
function readMetadata(file: Uint8Array): ReadonlyMap<string, string> {
  const texts = new Map<string, string>()
  for (const entry of fieldsOf(file)) {
    if (entry.number !== entryField) continue
    const parts = new Map(fieldsOf(entry.bytes).map(({ number, bytes }) => [number, textOf(bytes)]))
    texts.set(parts.get(keyField) ?? '', parts.get(valueField) ?? '')
  }
  return texts
}

const textOf = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')

interface Field {
  readonly number: number
  readonly bytes: Uint8Array
}

/** The fields of a protobuf message that hold bytes, up to where it is none. */
function fieldsOf(message: Uint8Array): readonly Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = () => {
    let value = 0
    for (let factor = 1; at < message.length; factor *= 128) {
      const byte = message[at] ?? 0
      at += 1
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
    return Number.NaN
  }
  while (at < message.length) {
    const tag = varint()
    const kind = tag % 8
    if (kind === 0) varint()
    else if (kind === 1) at += 8
    else if (kind === 5) at += 4
    else if (kind === 2) {
      const length = varint()
      if (!(at + length <= message.length)) return fields
      fields.push({ number: Math.floor(tag / 8), bytes: message.subarray(at, at + length) })
      at += length
    } else return fields
  }
  return fields
}
