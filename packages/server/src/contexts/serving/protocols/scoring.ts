import { FabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { limit } from '../../../kernel/index.js'
import { readOn, toFabriqueError } from '../../../platform/http/problem-replies.js'
import { notePrediction } from '../../../platform/http/request-facts.js'
import { sendMlflowFailure } from '../../../platform/mlflow/replies.js'
import type { ScoringRequest } from '../runtime/model-runtime.js'
import type { Tensor } from '../runtime/tensor.js'
import type { ModelTarget, ServedModel } from '../served-models.js'
import { type Frame, frameOfCsv, frameOfRecords, frameOfSplit } from './frame.js'
import { cellOf, tensorOfValues, tensorsOfFrame } from './frame-tensors.js'
import { authoriseReading, type ProtocolParts, predictionTarget, tellKept } from './inference-access.js'
import { findAvailable, targetOf } from './model-target.js'
import { describedBody, ScoringBody } from './protocol-schemas.js'
import { isRecord, parseTensorJson } from './tensor-json.js'
import { nestedText, objectText, recordsText } from './tensor-text.js'
import { tensorWrong } from './tensor-values.js'

const json = 'application/json; charset=utf-8'
const predicts = { predicts: true, access: 'predictions.make' } as const
const modelPaths = ['/api/v1/models/:model', '/api/v1/models/:model/versions/:version']

/**
 * MLflow's scoring protocol: `POST /invocations` and `GET /ping` for the default model, and the same below the address of each model, which
 * is what a client of MLflow is given as the address of its server. Errors are those of MLflow.
 */
export function mountScoring(app: FastifyInstance, parts: ProtocolParts): void {
  const { models, actorOf, log } = parts
  const targetOfRequest = (request: FastifyRequest): ModelTarget => {
    const { model, version } = request.params as { readonly model?: string; readonly version?: string }
    return model === undefined ? { model: models.defaultModel() } : targetOf(models, model, version)
  }
  const invoke = async (request: FastifyRequest, reply: FastifyReply) => {
    const target = predictionTarget(parts, request, targetOfRequest(request))
    const type = checkedType(request)
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array()
    return models.use(target, async (served) => {
      const { runtime } = served
      notePrediction(request, served.model, served.version)
      if (runtime.invoke !== undefined) {
        const answer = await runtime.invoke({ contentType: type, body }, { timeoutMs: target.timeoutMs })
        tellKept(reply, served)
        return reply.code(answer.status).type(answer.contentType).send(Buffer.from(answer.body))
      }
      const answer = await answerOf(served, type === 'text/csv' ? readCsv(body) : readJson(body), target)
      tellKept(reply, served)
      return reply.type(json).send(answer)
    })
  }
  app.register(async (scope) => {
    scope.setErrorHandler((error: unknown, request, reply) => {
      const known = toFabriqueError(error, request)
      if (known.code !== 'unsupported_media_type') return sendMlflowFailure(known, request, reply, log)
      readOn(request, reply)
      return reply.code(415).type('text/plain; charset=utf-8').send(known.message)
    })
    scope.removeAllContentTypeParsers()
    const bodyLimit = limit('http.body_bytes_max')
    scope.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit }, async (_request: unknown, body: Buffer) => body)
    const described = (summary: string) => ({ summary, tags: ['mlflow scoring'] })
    for (const path of ['', ...modelPaths]) {
      const config = { ...predicts, targetOf: (request: FastifyRequest) => targetNamed(request, targetOfRequest) }
      scope.post(
        `${path}/invocations`,
        { ...describedBody(described('Answers to a table, as MLflow serves models'), ScoringBody), config },
        invoke,
      )
    }
    const ping = { schema: { ...described('Is a model served?'), security: [] }, config: { access: 'public' as const } }
    scope.get('/ping', ping, async (_, reply) => reply.type(json).send('\n'))
    for (const path of modelPaths) {
      scope.get(`${path}/ping`, { schema: described('Is this model served?') }, async (request, reply) => {
        const target = targetOfRequest(request)
        authoriseReading(actorOf(request), target.model)
        findAvailable(models, target)
        return reply.type(json).send('\n')
      })
    }
  })
}

/** Where none is named it is not asked for: there may be no default model. */
function targetNamed(request: FastifyRequest, targetOfRequest: (request: FastifyRequest) => ModelTarget) {
  const { model } = request.params as { readonly model?: string }
  return model === undefined ? undefined : targetOfRequest(request)
}

/** The media type, where nothing but UTF-8 is said beside it. Throws `unsupported_media_type`. */
function checkedType({ headers }: FastifyRequest): 'text/csv' | 'application/json' {
  const given = headers['content-type'] ?? '(none)'
  const [type = '', ...parameters] = given.split(';').map((part) => part.trim().toLowerCase())
  const isUtf8 = parameters.every((parameter) => parameter === '' || /^charset="?utf-8"?$/.test(parameter))
  if (isUtf8 && (type === 'text/csv' || type === 'application/json')) return type
  throw new FabriqueError('unsupported_media_type', { type: given })
}

/** What a request holds: a table, or values for inputs. */
type Given = { readonly kind: 'frame'; readonly frame: Frame } | { readonly kind: 'values'; readonly values: unknown }

const utf8 = new TextDecoder('utf-8', { fatal: true })

function readCsv(body: Uint8Array): Given {
  try {
    return { kind: 'frame', frame: frameOfCsv(utf8.decode(body)) }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    throw new FabriqueError('invalid_request', { field: 'body', reason: 'is not UTF-8' }, { cause: error })
  }
}

const formats = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const

function readJson(body: Uint8Array): Given {
  const request = parseTensorJson(body)
  const [format, ...others] = formats.filter((name) => name in request)
  if (format === undefined || others.length > 0) {
    const found = Object.keys(request).slice(0, 20).join(', ')
    const reason = `must have exactly one of ${formats.join(', ')}, and has ${found === '' ? 'nothing' : found}`
    throw new FabriqueError('invalid_request', { field: 'body', reason }, { field: 'body' })
  }
  const value = request[format]
  if (format === 'dataframe_split') return { kind: 'frame', frame: frameOfSplit(value, format) }
  if (format === 'dataframe_records') return { kind: 'frame', frame: frameOfRecords(value, format) }
  if (format === 'inputs') return { kind: 'values', values: value }
  if (!Array.isArray(value) || value.length === 0) {
    throw new FabriqueError('invalid_request', { field: format, reason: 'must be a list' }, { field: format })
  }
  return { kind: 'values', values: isRecord(value[0]) ? columnsOf(frameOfRecords(value, format)) : value }
}

function columnsOf({ names = [], rows }: Frame): Readonly<Record<string, unknown>> {
  return Object.fromEntries(names.map((name, at) => [name, rows.map((row) => row[at])]))
}

/** A table is answered by row, values for inputs by output: as a model that is loaded with MLflow answers them. */
async function answerOf(served: ServedModel, given: Given, { timeoutMs }: ModelTarget): Promise<string> {
  const infer = (inputs: readonly Tensor[]) => served.runtime.infer(inputs, undefined, { timeoutMs })
  if (given.kind === 'values' && served.signature === undefined) {
    const outputs = await infer(tensorsOfInputs(served, given.values))
    return `{"predictions":${objectText(outputs.map((output) => [output.name, nestedText(output)] as const))}}`
  }
  const frame = given.kind === 'frame' ? given.frame : frameOfInputs(given.values)
  return `{"predictions":${recordsText(await infer(await tensorsOfFrame(served, frame, { timeoutMs })))}}`
}

/** The rows of a request as it came, by name or by number. Throws what reading them throws. */
export function rowsOfScoring({ contentType, body }: ScoringRequest): readonly Readonly<Record<string, unknown>>[] {
  const given = contentType === 'text/csv' ? readCsv(body) : readJson(body)
  const { names, rows } = given.kind === 'frame' ? given.frame : frameOfInputs(given.values)
  const plain = (cell: unknown): unknown => (Array.isArray(cell) ? cell.map(plain) : cellOf(cell))
  return rows.map((row) => Object.fromEntries(row.map((cell, at) => [names?.[at] ?? String(at), plain(cell)])))
}

/** Values by the name of an input, or those of the only one. Throws `tensor_wrong`. */
export function tensorsOfInputs({ runtime }: ServedModel, values: unknown): readonly Tensor[] {
  const [only, ...others] = runtime.inputs
  if (!isRecord(values)) {
    if (only !== undefined && others.length === 0) return [tensorOfValues(only, values)]
    const names = runtime.inputs.map(({ name }) => name).join(', ')
    throw tensorWrong(
      names,
      'the model has several inputs, so values are given by name',
      'le modèle a plusieurs entrées, les valeurs se donnent donc par nom',
    )
  }
  return Object.entries(values).map(([name, value]) => {
    const spec = runtime.inputs.find((input) => input.name === name)
    if (spec !== undefined) return tensorOfValues(spec, value)
    const known = runtime.inputs.map((input) => input.name).join(', ')
    throw tensorWrong(
      name,
      `the model has no such input; it takes ${known}`,
      `le modèle n’a pas cette entrée\u202f; il prend ${known}`,
    )
  })
}

/** Columns by name, or rows, of a model that is asked by features. Throws `invalid_request`. */
export function frameOfInputs(values: unknown): Frame {
  if (Array.isArray(values)) {
    const rows = values.map((row: unknown) => (Array.isArray(row) ? row : [row]))
    return { names: undefined, rows, areTexts: false }
  }
  if (!isRecord(values)) {
    throw new FabriqueError('invalid_request', { field: 'inputs', reason: 'must be a list, or lists by column' })
  }
  const names = Object.keys(values)
  const columns = names.map((name) => {
    const column = values[name]
    return Array.isArray(column) ? column : [column]
  })
  const length = columns[0]?.length ?? 0
  const uneven = names.find((_, at) => columns[at]?.length !== length)
  if (uneven !== undefined) {
    const reason = `must have ${length} values, as the others have`
    throw new FabriqueError('invalid_request', { field: `inputs.${uneven}`, reason }, { field: uneven })
  }
  const rows = Array.from({ length }, (_, row) => columns.map((column) => column[row]))
  return { names, rows, areTexts: false }
}
