import { Readable } from 'node:stream'
import { FabriqueError, isFabriqueError } from '@fabrique/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ContextOf, VerbContext } from '../../platform/index.js'
import { MlflowParams, missingValue, mountMlflowStreams } from '../../platform/mlflow/index.js'
import { attachmentHeader, parseArtifactPath, sendArtifact } from '../artifacts/index.js'
import { artifactFolderOf } from '../tracking/index.js'
import { getTrace, getTraceInfo, getTraces, type WholeTrace } from './get-trace.js'
import { traceIdOf } from './mlflow-traces-v3.js'
import { spansInStore, type TraceInfo, traceTags } from './model.js'
import { traceDataText } from './trace-data.js'
import { wireTrace } from './wire.js'

const hidden = { schema: { hide: true } }
const roots = ['/api/3.0/mlflow', '/ajax-api/3.0/mlflow']
const dataFile = 'traces.json'

function queryOf(request: FastifyRequest): MlflowParams {
  return new MlflowParams({ ...(request.query as object) })
}

/** A trace as JSON in parts; the texts of its spans are sent as they were stored. */
function* traceText({ info, spans }: WholeTrace): Generator<string> {
  yield `{"trace_info":${JSON.stringify(wireTrace(info))},"spans":[`
  for (const [index, span] of spans.entries()) yield index === 0 ? span : `,${span}`
  yield ']}'
}

function sendJson(reply: FastifyReply, text: Iterable<string>): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(Readable.from(inChunks(text)))
}

const chunkChars = 64 * 1024

/** The same text in fewer parts. */
function* inChunks(parts: Iterable<string>): Generator<Buffer> {
  let chunk = ''
  for (const part of parts) {
    chunk += part
    if (chunk.length < chunkChars) continue
    yield Buffer.from(chunk)
    chunk = ''
  }
  if (chunk !== '') yield Buffer.from(chunk)
}

/** Mounts the calls that carry spans, and the `traces.json` of a trace whose spans are in the database. */
export function mountTraceData(app: FastifyInstance, contextOf: ContextOf): void {
  mountMlflowStreams(app, { contextOf }, (scope) => {
    for (const root of roots) {
      scope.get(`${root}/traces/get`, hidden, async (request, reply) => {
        const params = queryOf(request)
        const input = { trace_id: traceIdOf(params), allow_partial: params.flag('allow_partial') }
        const trace = await getTrace({ ctx: contextOf(request), input })
        return sendJson(reply, wrapped('{"trace":', [traceText(trace)], '}'))
      })
      scope.get(`${root}/traces/batchGet`, hidden, async (request, reply) => {
        const params = queryOf(request)
        const trace_ids = [...params.texts('trace_ids')]
        if (trace_ids.length === 0) throw missingValue('trace_ids')
        const scopeIds = params.raw('experiment_ids') === undefined ? undefined : [...params.texts('experiment_ids')]
        const input = { trace_ids, experiment_ids: scopeIds }
        const traces = await getTraces({ ctx: contextOf(request), input })
        return traces.length === 0
          ? reply.send({})
          : sendJson(reply, wrapped('{"traces":[', traces.map(traceText), ']}'))
      })
    }
    for (const version of ['2.0', '3.0']) {
      scope.get(`/ajax-api/${version}/mlflow/get-trace-artifact`, hidden, (request, reply) => {
        return sendTraceFile(contextOf(request), request, reply)
      })
    }
    for (const root of ['/api', '/ajax-api']) {
      const path = `${root}/2.0/mlflow-artifacts/artifacts/:experiment/traces/:trace/artifacts/${dataFile}`
      scope.get(path, hidden, (request, reply) => sendDataFile(contextOf(request), request, reply))
    }
  })
}

function* wrapped(start: string, parts: readonly Iterable<string>[], end: string): Generator<string> {
  yield start
  for (const [index, part] of parts.entries()) {
    if (index > 0) yield ','
    yield* part
  }
  yield end
}

/** Where a file of a trace is. Throws `artifact_not_found` where they are not kept here. */
function filePath(info: TraceInfo, path: string): string {
  const location = info.tags[traceTags.artifactLocation]
  const folder = location === undefined ? undefined : artifactFolderOf(location)
  if (folder === undefined) throw new FabriqueError('artifact_not_found', { path })
  return `${folder}/${parseArtifactPath(path)}`
}

/** For pages: the spans of a trace as a file, or an attachment of it. */
async function sendTraceFile(ctx: VerbContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const params = queryOf(request)
  const trace_id = params.requiredText('request_id', 'trace_id')
  const attachment = params.text('path')
  const info = await getTraceInfo({ ctx, input: { trace_id } })
  if (attachment !== undefined && attachment !== '') {
    return sendArtifact({ ctx, path: filePath(info, `attachments/${parseArtifactPath(attachment)}`), request, reply })
  }
  if (info.tags[traceTags.spansLocation] !== spansInStore) {
    return sendArtifact({ ctx, path: filePath(info, dataFile), request, reply })
  }
  const { spans } = await getTrace({ ctx, input: { trace_id, allow_partial: true } })
  reply.header('content-disposition', attachmentHeader(dataFile)).header('x-content-type-options', 'nosniff')
  return reply.type('application/octet-stream').send(Readable.from(inChunks(traceDataText(trace_id, spans, 'new'))))
}

/** Clients of MLflow 2 cannot read what clients of MLflow 3 upload. */
const oldClient = /^mlflow-python-client\/2\./

/**
 * The file that a client uploaded, or else one made of the spans, in the form that clients of both generations read. For
 * older clients the spans come first.
 */
async function sendDataFile(ctx: VerbContext, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { experiment = '', trace = '' } = request.params as Readonly<Record<string, string>>
  const path = `${experiment}/traces/${trace}/artifacts/${dataFile}`
  const missing = new FabriqueError('artifact_not_found', { path })
  const sendSpans = async () => sendJson(reply, traceDataText(trace, (await spansOf(ctx, trace, missing)).spans, 'old'))
  const sendFile = () => sendArtifact({ ctx, path, request, reply })
  const isOld = oldClient.test(request.headers['user-agent'] ?? '')
  const [first, second] = isOld ? [sendSpans, sendFile] : [sendFile, sendSpans]
  try {
    return await first()
  } catch (error) {
    if (!isFabriqueError(error) || error.code !== 'artifact_not_found') throw error
    return second()
  }
}

/** The stored spans of a trace, or the failure to read its file. */
async function spansOf(ctx: VerbContext, trace_id: string, missing: FabriqueError): Promise<WholeTrace> {
  try {
    const whole = await getTrace({ ctx, input: { trace_id, allow_partial: true } })
    if (whole.spans.length > 0) return whole
  } catch (error) {
    if (!isFabriqueError(error) || error.code !== 'trace_not_found') throw error
  }
  throw missing
}
