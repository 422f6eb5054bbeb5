import { readFile } from 'node:fs/promises'
import { ExplanationRequest, FabriqueError, type JobProgress } from '@fabrique/contract'
import { MlError } from '@fabrique/ml/errors'
import { z } from 'zod'
import { type FileEngine, openFileEngine } from '../../platform/plain-files/index.js'
import type { ExplanationFigures, ModelAsked } from './explainer-messages.js'
import { refused, wrongField } from './refused.js'

export interface ExplainFileInput {
  /** An ONNX file of a training of ours. */
  readonly model: string
  /** CSV, Parquet, JSON or NDJSON. */
  readonly path: string
  /** The column with the true values, where it is another than the file names. */
  readonly target?: string
  readonly request: Omit<z.input<typeof ExplanationRequest>, 'model' | 'snapshot'>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: JobProgress) => void
}

/** What was found out about a model file on the rows of a plain file. */
export interface ExplainedFile extends ExplanationFigures {
  readonly target: string
}

/**
 * Explains a model file on a plain file, without a server: all of its rows may be drawn. Errors: `file_not_found`, `file_unreadable`,
 * `file_format_unknown`, `explanation_refused`, `invalid_request`.
 */
export async function explainFile(input: ExplainFileInput): Promise<ExplainedFile> {
  const asked: ModelAsked = { file: input.model, signature: await signatureOf(input).catch(refuseDamage) }
  // One thread: the rows of the background are the same each time.
  const engine = await openFileEngine({ threads: 1 })
  try {
    return { ...(await explainWith(engine, asked, input)), target: asked.signature.target.name }
  } catch (error) {
    return refuseDamage(error)
  } finally {
    await engine.close()
  }
}

/** What the numerics refuse, in the words of an explanation. */
function refuseDamage(error: unknown): never {
  throw error instanceof MlError ? refused(error.message, error.message, error) : error
}

async function explainWith(
  engine: FileEngine,
  asked: ModelAsked,
  input: ExplainFileInput,
): Promise<ExplanationFigures> {
  // Loaded at use: the numerics and the runtime cost more than the rest.
  const [{ openExplained }, { readBackground, readRows }, { explainTable }] = await Promise.all([
    import('./explained-model.js'),
    import('./read-rows.js'),
    import('./explain-table.js'),
  ])
  const {
    model: _model,
    snapshot: _snapshot,
    ...request
  } = ExplanationRequest.parse({ ...input.request, model: 'file' })
  const model = await openExplained(asked, 1)
  try {
    const wanted = [...asked.signature.features.map(({ name }) => name), ...(request.fairness?.by ?? [])]
    const read = await engine.use(
      input.path,
      async (connection, { table }) => ({
        rows: await readRows(connection, table, { wanted, signature: asked.signature }),
        background: await readBackground(connection, table, model),
      }),
      input.signal,
    )
    return await explainTable({
      model,
      table: read.rows,
      background: read.background,
      request,
      ...(input.signal === undefined ? {} : { signal: input.signal }),
      ...(input.onProgress === undefined ? {} : { onProgress: input.onProgress }),
    })
  } finally {
    await model.release()
  }
}

const FileSignature = z.object({
  features: z.array(z.object({ name: z.string(), type: z.enum(['float32', 'string', 'int64']) })),
  classes: z.array(z.string()),
  target: z.string().nullable(),
})

const featureTypes = { float32: 'number', string: 'text', int64: 'timestamp' } as const

/** What a file of ours says that it takes and gives. */
async function signatureOf({ model, target }: ExplainFileInput): Promise<ModelAsked['signature']> {
  const { readGraph } = await import('@fabrique/ml')
  const metadata = readGraph(await readModel(model)).metadata
  const task = metadata.get('fabrique.task')
  const told = FileSignature.safeParse(parsed(metadata.get('fabrique.signature')))
  if ((task !== 'classification' && task !== 'regression') || !told.success) {
    throw refused(
      'the model file does not say what it takes and gives, as files of `fabrique train` do',
      'le fichier du modèle ne dit pas ce qu’il prend et donne, comme ceux de `fabrique train`',
    )
  }
  const { features, classes, target: own } = told.data
  const name = target ?? own ?? ''
  if (name === '') throw wrongField('target', 'name the column with the true values: the file does not')
  return {
    task,
    features: features.map((feature) => ({ name: feature.name, type: featureTypes[feature.type] })),
    target: { name, classes },
  }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    throw new FabriqueError('file_not_found', { path }, { cause: error })
  }
}
