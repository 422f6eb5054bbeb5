import { FabriqueError, type FeatureSpec, type ModelSignature } from '@fabrique/contract'
import { readCell } from '../protocols/frame-tensors.js'
import { readText } from '../runtime/raw-tensor.js'
import { SentImage } from '../sent-image.js'
import { type Form, type FormPart, isFile } from './parse-multipart.js'

function wrong(field: string, reason: string): FabriqueError {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}

/**
 * The request for predictions that a form holds: a field for each feature or key of one row, or a field `features` with JSON. An image
 * is a file; an empty field is a missing value. Throws `invalid_request`, `invalid_json`, `image_wrong`.
 */
export function formFeatures({ parts }: Form, { features }: ModelSignature): unknown {
  const [only, ...others] = parts
  if (only?.name === 'features' && others.length === 0) {
    const isImage = isFile(only) && features.some(({ name, type }) => name === 'features' && type === 'image')
    if (!isImage) return { features: readJson(only) }
  }
  const row = new Map<string, unknown>()
  for (const part of parts) {
    if (row.has(part.name)) throw wrong(part.name, 'stands twice in the form')
    row.set(
      part.name,
      readPart(
        part,
        features.find(({ name }) => name === part.name),
      ),
    )
  }
  return { features: Object.fromEntries(row) }
}

function readPart(part: FormPart, feature: FeatureSpec | undefined): unknown {
  if (part.type === 'application/json') return readJson(part)
  if (feature?.type === 'image') return readImage(part)
  if (!part.type.startsWith('text/')) throw wrong(part.name, `the model takes no file of the type ${part.type}`)
  const text = readText(part.content, part.name)
  if (feature === undefined) return text
  return text === '' && feature.nullable === true ? null : readCell(text, feature)
}

/** A file is looked at whatever a client calls it: its bytes tell what it is. */
function readImage(part: FormPart): SentImage {
  const { name, type, content } = part
  if (isFile(part)) return new SentImage(content)
  throw new FabriqueError(
    'image_wrong',
    {
      feature: name,
      row: 0,
      reason: `its field is ${type}, and no file of an image`,
      reason_fr: `son champ est du type ${type}, et non un fichier d’image`,
    },
    { field: name },
  )
}

function readJson({ name, content }: FormPart): unknown {
  const text = readText(content, name)
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('invalid_json', { reason: `field ${name}: ${reason}` }, { cause: error, field: name })
  }
}
