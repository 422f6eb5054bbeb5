import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  defaultPipeline,
  encodeLabels,
  estimatorNamed,
  exportPipeline,
  fitPipeline,
  summarizeColumns,
  table,
} from '@fabrique/ml'
import type { FastifyInstance } from 'fastify'
import type { PredictionLog } from '../../src/contexts/predictions/index.js'
import { folderSource } from '../../src/contexts/serving/folder-source.js'
import { type ModelServer, openModelServer } from '../../src/contexts/serving/model-server.js'
import { onnxOpener } from '../../src/contexts/serving/onnx-opener.js'
import type { ProtocolParts } from '../../src/contexts/serving/protocols/inference-access.js'
import { isInferenceAddress, sendInferenceError } from '../../src/contexts/serving/protocols/inference-errors.js'
import { listen, makeHttpServer } from '../../src/platform/http/index.js'
import { silentLog } from '../../src/platform/logs/index.js'
import { makeHttpMetrics } from '../../src/platform/metrics/index.js'
import { type Actor, localActor } from '../../src/platform/verbs/actor.js'
import { echoFile, onnxFile, sumFile, testDatatypes } from './onnx-file.js'
import { countingIds, realClock } from './test-clock.js'

export interface ProtocolServer {
  readonly app: FastifyInstance
  readonly port: number
  readonly models: ModelServer
  close(): Promise<void>
}

/** Files by model, each the next version. */
export type ModelFilesByName = Readonly<Record<string, readonly Uint8Array[]>>

/** A server without a database, over a folder of ONNX files, with some of the protocols. */
export async function protocolServer(
  files: ModelFilesByName,
  mounts: readonly ((app: FastifyInstance, parts: ProtocolParts & { readonly models: ModelServer }) => void)[],
  actorOf: () => Actor = () => localActor,
  predictionLog?: Pick<PredictionLog, 'keep' | 'reserve' | 'count'>,
): Promise<ProtocolServer> {
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-protocols-'))
  for (const [model, versions] of Object.entries(files)) {
    for (const [index, content] of versions.entries()) {
      const place = join(folder, model, String(index + 1))
      await mkdir(place, { recursive: true })
      await writeFile(join(place, 'model.onnx'), content)
    }
  }
  const models = openModelServer({
    source: folderSource([{ path: folder }]),
    openers: [onnxOpener({ clock: realClock, threads: 1 })],
    clock: realClock,
    log: silentLog,
    defaultModel: Object.keys(files)[0],
    ...(predictionLog === undefined ? {} : { predictionLog }),
  })
  await models.reconcile()
  const app = await makeHttpServer({
    clock: realClock,
    ids: countingIds(),
    log: silentLog,
    metrics: makeHttpMetrics(),
    allowedHosts: [],
    answerBadRequest: (error, request, reply) =>
      isInferenceAddress(request.url) ? sendInferenceError(error, request, reply, silentLog) : undefined,
  })
  for (const mount of mounts) mount(app, { models, actorOf, log: silentLog })
  const port = await listen(app, '127.0.0.1', 0)
  return {
    app,
    port,
    models,
    async close() {
      await app.close()
      await models.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** The models that the cases of the Open Inference Protocol ask. */
export function caseModels(): ModelFilesByName {
  return {
    ...Object.fromEntries(testDatatypes.map((type) => [`echo_${type.toLowerCase()}`, [echoFile(type, ['N', 'M'])]])),
    sum: [sumFile(), sumFile()],
    fixed: [echoFile('FP32', [2, 3])],
    deep: [echoFile('FP32', ['N', 2, 2])],
    echo_row_fp32: [echoFile('FP32', ['N', 2])],
  }
}

const widths = Float64Array.from({ length: 60 }, (_, row) => 1 + (row % 3) + (row % 7) / 10)
const columns = [
  { kind: 'number', name: 'width', values: widths },
  { kind: 'number', name: 'length', values: widths.map((width) => 2 * width) },
] as const

/** A trained classifier in the form of Fabrique, whose file says its signature. */
export async function classifierFile(): Promise<Uint8Array> {
  const classes = Array.from({ length: 60 }, (_, row) => ['small', 'middle', 'large'][row % 3] ?? '')
  return exportFitted('logistic_regression', { kind: 'classes', labels: encodeLabels(classes) })
}

/** A trained regression in the same form. */
export async function regressionFile(): Promise<Uint8Array> {
  return exportFitted('linear_regression', { kind: 'values', values: widths.map((width) => 3 * width) })
}

async function exportFitted(kind: string, target: unknown): Promise<Uint8Array> {
  const estimator = estimatorNamed(kind)
  if (estimator === undefined) throw new Error(`There is no ${kind}`)
  const rows = table([...columns])
  const { definition } = defaultPipeline(summarizeColumns(rows), estimator)
  const fitted = await fitPipeline(definition, { table: rows, target } as never, estimatorNamed)
  return exportPipeline(fitted, estimatorNamed)
}

/** Two inputs of which one is a text, and one output: a text for each row. */
export function textFile(): Uint8Array {
  return onnxFile({
    inputs: [
      { name: 'word', datatype: 'BYTES', shape: ['N', 1] },
      { name: 'count', datatype: 'INT64', shape: ['N', 1] },
    ],
    outputs: [
      { name: 'said', datatype: 'BYTES', shape: ['N', 1] },
      { name: 'counted', datatype: 'INT64', shape: ['N', 1] },
    ],
    nodes: [
      { operator: 'Identity', inputs: ['word'], outputs: ['said'] },
      { operator: 'Identity', inputs: ['count'], outputs: ['counted'] },
    ],
  })
}
