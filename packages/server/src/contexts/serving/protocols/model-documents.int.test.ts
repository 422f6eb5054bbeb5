import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { ModelSignature } from '@fabrique/contract'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sumFile } from '../../../../test/support/onnx-file.js'
import { classifierFile, type ProtocolServer, protocolServer } from '../../../../test/support/protocol-server.js'
import { mountServingRoutes } from '../routes.js'
import { modelClient } from './model-client.js'
import { modelOpenApi } from './model-openapi.js'
import { mountProtocols } from './mount-protocols.js'

const run = promisify(execFile)

let server: ProtocolServer
beforeAll(async () => {
  const mounts = [mountProtocols, mountServingRoutes]
  server = await protocolServer({ flowers: [await classifierFile()], sum: [sumFile()] }, mounts)
})
afterAll(() => server?.close())

const address = (path: string) => `http://127.0.0.1:${server.port}${path}`

type Document = ReturnType<typeof modelOpenApi> & {
  readonly paths: Readonly<Record<string, { readonly post: Operation }>>
}
interface Operation {
  readonly requestBody: {
    readonly content: { readonly 'application/json': Content; readonly 'multipart/form-data': Content }
  }
}
interface Content {
  readonly example?: unknown
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

/** Checks values against a schema of a document. */
function checker(document: object) {
  const ajv = new Ajv2020({ strict: false, allErrors: true })
  addFormats.default(ajv)
  ajv.addSchema(document, 'model')
  return (name: string, value: unknown) => {
    const check = ajv.getSchema(`model#/components/schemas/${name}`)
    if (check === undefined) throw new Error(`There is no schema ${name}`)
    return check(value) === true
      ? []
      : (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
  }
}

async function documentOf(model: string): Promise<Document> {
  const reply = await fetch(address(`/api/v1/models/${model}/openapi.json`))
  expect(reply.status).toBe(200)
  return (await reply.json()) as Document
}

describe('the OpenAPI document of a model', () => {
  test('says how to ask with a form, and the server answers that', async () => {
    const { paths } = await documentOf('flowers')
    const path = '/api/v1/models/flowers/predict'
    const { example } = paths[path]?.post.requestBody.content['multipart/form-data'] ?? {}
    const form = new FormData()
    for (const [name, value] of Object.entries(example ?? {})) form.append(name, String(value))
    const reply = await fetch(address(path), { method: 'POST', body: form })
    expect(await reply.json()).toMatchObject({ model: 'flowers', prediction: expect.any(String) })
    const picture = { name: 'picture', datatype: 'UINT8', shape: [-1, 32, 32, 3] } as const
    const text = { name: 'text', datatype: 'BYTES', shape: [-1] } as const
    const security = { schemes: undefined, required: undefined }
    const described = { model: 'm', version: '1', signature: undefined, inputs: [picture, text], outputs: [], security }
    expect(modelOpenApi(described)).toHaveProperty(
      ['paths', '/v2/models/m/infer', 'post', 'requestBody', 'content', 'multipart/form-data', 'schema'],
      {
        type: 'object',
        required: ['picture', 'text'],
        properties: {
          picture: { type: 'string', format: 'binary', contentMediaType: 'image/*' },
          text: { type: 'array', items: { type: 'string' } },
        },
      },
    )
  })

  test('its examples fit its schemas, and the server answers them as it says', async () => {
    for (const [model, operations] of [
      ['flowers', 2],
      ['sum', 1],
    ] as const) {
      const document = await documentOf(model)
      const check = checker(document)
      expect(document).toMatchObject({ openapi: '3.1.0', info: { title: model, version: '1' } })
      expect(document).toHaveProperty('components.securitySchemes.OAuth2PasswordBearer')
      expect(Object.keys(document.paths)).toHaveLength(operations)
      for (const [path, { post }] of Object.entries(document.paths)) {
        const { example, examples } = post.requestBody.content['application/json']
        const bodies = examples === undefined ? [example] : Object.values(examples).map(({ value }) => value)
        const [request, answer] = path.endsWith('/infer')
          ? ['InferenceRequest', 'InferenceReply']
          : ['PredictRequest', 'PredictReply']
        for (const body of bodies) {
          expect(check(request, body)).toEqual([])
          const reply = await fetch(address(path), {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          })
          const said = await reply.json()
          expect([path, reply.status, said, check(answer, said)]).toEqual([path, 200, said, []])
        }
      }
    }
  })

  test('refuses what the server refuses', async () => {
    const check = checker(await documentOf('flowers'))
    const refused = [
      { features: { width: 1 } },
      { features: [1] },
      { features: { width: 'x', length: 1 } },
      { width: 1, length: 1, other: 1 },
      {},
    ]
    for (const body of refused) {
      expect([body, check('PredictRequest', body)]).not.toEqual([body, []])
      const reply = await fetch(address('/predict'), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect([body, reply.status]).toEqual([body, 400])
    }
  })

  test('tells of every type of feature, of keys and of units', () => {
    const document = modelOpenApi({
      model: 'a b/c',
      version: '3',
      signature: rich,
      inputs: [],
      outputs: [],
      security: { schemes: undefined, required: undefined },
    })
    expect(document).toHaveProperty(['paths', '/api/v1/models/a%20b%2Fc/predict'])
    const check = checker(document)
    const row = { size: 1.5, count: 2, 'is new': true, town: 'Nice', note: 'any', since: '2026-01-01T00:00:00Z' }
    expect(check('Row', row)).toEqual([])
    expect(check('Row', { ...row, since: 1767225600000, note: null, town: 'Nice' })).toEqual([])
    expect(check('Keys', { user_id: 7, size: 1 })).toEqual([])
    expect(check('Values', [1, 2, true, 'Lyon', null, '2026-01-01T00:00:00Z'])).toEqual([])
    for (const wrong of [
      { count: 1.5 },
      { town: 'Metz' },
      { 'is new': 1.5 },
      { size: null },
      { since: 'soon' },
      { more: 1 },
    ]) {
      expect([wrong, check('Row', { ...row, ...wrong })]).not.toEqual([wrong, []])
    }
  })
})

const rich: ModelSignature = {
  task: 'classification',
  features: [
    { name: 'size', type: 'number', unit: 'm */', min: 0, max: 9 },
    { name: 'count', type: 'integer' },
    { name: 'is new', type: 'boolean' },
    { name: 'town', type: 'category', values: ['Nice', 'Lyon'] },
    { name: 'note', type: 'text', nullable: true },
    { name: 'since', type: 'timestamp' },
  ],
  target: { name: 'left', classes: ['yes', "no 'way'"] },
  example: { size: 1, count: 2, 'is new': false, town: 'Lyon', note: null, since: '2026-01-01T00:00:00Z' },
  feature_lookup: {
    project: 'p',
    service: 's',
    service_version: 1,
    keys: ['user_id'],
    features: ['count', 'is new', 'town', 'note', 'since'],
    on_missing: 'error',
    defaults: {},
  },
}

describe('the client of a model', () => {
  const folder = mkdtemp(join(tmpdir(), 'fabrique-client-'))
  afterAll(async () => rm(await folder, { recursive: true, force: true }))

  /** What the compiler says of files. */
  async function compile(files: Readonly<Record<string, string>>): Promise<string> {
    const place = await folder
    for (const [name, source] of Object.entries(files)) await writeFile(join(place, name), source)
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022,dom', '--types', '']
    try {
      const compiler = fileURLToPath(new URL('../../../../../../node_modules/.bin/tsc', import.meta.url))
      await run(compiler, [...options, ...Object.keys(files)], { cwd: place })
      return ''
    } catch (error) {
      return String((error as { stdout?: string }).stdout)
    }
  }

  test('asks the server, with types that refuse what the model does not take', async () => {
    const reply = await fetch(address('/api/v1/models/flowers/client.ts'))
    expect(reply.headers.get('content-type')).toBe('application/typescript; charset=utf-8')
    const source = await reply.text()
    const use = `import { createClient, PredictionError } from './client.mjs'
const client = createClient({ url: '${address('/')}', version: 'champion' })
const one = await client.predict({ width: 1, length: 2 })
const first: 'small' | 'middle' | 'large' = one.prediction
const many = await createClient({ url: '${address('')}', version: '1' }).predictMany([{ width: 1, length: 2 }, { width: 3, length: 6 }])
// @ts-expect-error A feature is missing.
const error = await client.predict({ width: 1 }).then(() => undefined, (error: PredictionError) => error)
console.log(JSON.stringify([first, one.version, many.predictions.map(({ prediction }) => prediction), error?.code, error?.status]))
declare const console: { log(text: string): void }
`
    expect(await compile({ 'client.mts': source, 'use.mts': use })).toBe('')
    const { stdout } = await run(process.execPath, [join(await folder, 'use.mjs')])
    expect(JSON.parse(stdout)).toEqual(['small', '1', ['small', 'large'], 'feature_names_wrong', 400])
  })

  test('has any name, type, unit and class', async () => {
    const source = modelClient({ model: 'it’s "a" */ b', version: '3', signature: rich })
    const use = `import type { Prediction, Row } from './rich.mjs'
export const rows: Row[] = [
  { size: 1, count: 2, 'is new': true, town: 'Lyon', since: 5 },
  { size: 1, count: 2, 'is new': true, town: 'Lyon', note: null, since: '2026-01-01' },
  { user_id: 7, size: 1 },
]
// @ts-expect-error Not one of the towns.
rows.push({ size: 1, count: 2, 'is new': true, town: 'Metz', since: 5 })
// @ts-expect-error What the key does not stand for is given.
rows.push({ user_id: 7 })
export const said: Prediction = { prediction: "no 'way'" }
`
    expect(await compile({ 'rich.mts': source, 'rich-use.mts': use })).toBe('')
  })

  test('there is none of a model without a signature', async () => {
    const reply = await fetch(address('/api/v1/models/sum/client.ts'))
    expect([reply.status, await reply.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'model_without_signature' }),
    ])
    expect((await fetch(address('/api/v1/models/none/client.ts'))).status).toBe(404)
  })
})
