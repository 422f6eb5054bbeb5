import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { type Endpoint, exampleRequest } from '@fabrique/contract'
import { Ajv2020 } from 'ajv/dist/2020.js'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { colourFile, colourMetadata, onnxFile } from '../../../test/support/onnx-file.js'
import { type ProtocolServer, protocolServer } from '../../../test/support/protocol-server.js'
import { localActor } from '../../platform/verbs/actor.js'
import { mountProtocols } from './protocols/mount-protocols.js'
import { mountServingRoutes } from './routes.js'

const run = promisify(execFile)

/** An image and how much it counts. */
function weighedFile(): Uint8Array {
  return onnxFile({
    inputs: [
      { name: 'image', datatype: 'FP32', shape: ['N', 3, 4, 4] },
      { name: 'weight', datatype: 'FP32', shape: ['N', 1] },
    ],
    outputs: [{ name: 'scores', datatype: 'FP32', shape: ['N', 3] }],
    nodes: [
      { operator: 'GlobalAveragePool', inputs: ['image'], outputs: ['pooled'] },
      { operator: 'Flatten', inputs: ['pooled'], outputs: ['means'] },
      { operator: 'Mul', inputs: ['means', 'weight'], outputs: ['scores'] },
    ],
    metadata: {
      'fabrique.signature': JSON.stringify({
        features: [
          { name: 'image', type: 'image' },
          { name: 'weight', type: 'float32' },
        ],
        classes: ['red', 'green', 'blue'],
        output: 'logits',
      }),
    },
  })
}

const kept: unknown[] = []
const heldBytes: number[] = []
let server: ProtocolServer
beforeAll(async () => {
  const files = {
    colours: [colourFile({ metadata: colourMetadata() })],
    weighed: [weighedFile()],
    single: [colourFile({ shape: [1, 3, 8, 8], metadata: colourMetadata({ mean: [0.5], std: [0.5] }) })],
    free: [colourFile({ shape: ['N', 3, 'H', 'W'], metadata: colourMetadata() })],
    wrong: [colourFile({ metadata: colourMetadata({ width: 9 }) })],
    unreadable: [colourFile({ metadata: colourMetadata({ means: [1] }) })],
    bare: [colourFile()],
  }
  const log = {
    keep({ rows, bytes }: { readonly rows: readonly unknown[]; readonly bytes: number }) {
      heldBytes.push(bytes)
      return `pred_${kept.push(...rows)}`
    },
    reserve: () => undefined,
    count: () => {},
  }
  server = await protocolServer(files, [mountProtocols, mountServingRoutes], () => localActor, log)
})
afterAll(() => server?.close())

const address = (path: string) => `http://127.0.0.1:${server.port}${path}`
const predict = (model: string) => address(`/api/v1/models/${model}/predict`)

async function answerOf(reply: Response) {
  return { status: reply.status, json: (await reply.json()) as Readonly<Record<string, unknown>> }
}

const sendJson = async (url: string, body: unknown) =>
  answerOf(
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }),
  )

type Field = readonly [name: string, value: string | Uint8Array, type?: string]

async function sendForm(url: string, fields: readonly Field[]) {
  const form = new FormData()
  for (const [name, value, type] of fields) {
    if (typeof value === 'string') form.append(name, value)
    else form.append(name, new File([value as Uint8Array<ArrayBuffer>], 'image', { type: type ?? 'image/png' }))
  }
  return answerOf(await fetch(url, { method: 'POST', body: form }))
}

const drawn = (background: string, { width = 20, height = 10, channels = 3 as 3 | 4 } = {}) =>
  sharp({ create: { width, height, channels, background } })
const png = (background: string) => drawn(background).png().toBuffer()
const b64 = async (background: string) => ({ b64: (await png(background)).toString('base64') })

describe('a model of images answers', () => {
  test('a file in a form, with the scores of its classes', async () => {
    const reply = await sendForm(predict('colours'), [['image', await png('#3366cc')]])
    const { scores, ...rest } = reply.json as { readonly scores: Readonly<Record<string, number>> }
    expect(rest).toMatchObject({ model: 'colours', version: '1', prediction: 'blue' })
    expect(scores.red).toBeCloseTo(0x33 / 255, 6)
    expect(scores.blue).toBeCloseTo(0xcc / 255, 6)
  })

  test('images of JSON, by name and in order, one or several', async () => {
    const [red, green] = [await b64('#f00'), await b64('#0f0')]
    expect((await sendJson(predict('colours'), { image: red })).json).toMatchObject({ prediction: 'red' })
    expect((await sendJson(predict('colours'), { features: [red] })).json).toMatchObject({ prediction: 'red' })
    const several = await sendJson(predict('colours'), { features: [{ image: red }, { image: green }] })
    expect(several.json).toMatchObject({ predictions: [{ prediction: 'red' }, { prediction: 'green' }] })
  })

  test('the example of its signature', async () => {
    const { items } = (await (await fetch(address('/api/v1/endpoints'))).json()) as {
      readonly items: readonly Endpoint[]
    }
    const ready = items.filter(({ state }) => state === 'ready')
    for (const { model, signature } of ready) {
      const { status, json } = await sendJson(predict(model), exampleRequest(signature))
      expect([status, json]).toEqual([200, expect.objectContaining({ model, prediction: 'red' })])
    }
    expect(ready.map(({ model }) => model).sort()).toEqual(['colours', 'free', 'single', 'weighed'])
  })

  test('an image beside a number, with probabilities', async () => {
    const { json } = await sendForm(predict('weighed'), [
      ['image', await png('#0f0')],
      ['weight', '2'],
    ])
    const { green, red } = json.probabilities as Readonly<Record<string, number>>
    expect(json.prediction).toBe('green')
    expect(green).toBeCloseTo(Math.exp(2) / (Math.exp(2) + 2), 6)
    expect(red).toBeCloseTo(1 / (Math.exp(2) + 2), 6)
    const both = {
      features: [
        { image: await b64('#f00'), weight: 1 },
        { image: await b64('#00f'), weight: 1 },
      ],
    }
    expect((await sendJson(predict('weighed'), both)).json).toMatchObject({
      predictions: [{ prediction: 'red' }, { prediction: 'blue' }],
    })
  })

  test('values as its signature normalises them, also by the Open Inference Protocol', async () => {
    const file = await png('#f00')
    const { json } = await sendForm(predict('single'), [['image', file]])
    expect(json.scores).toEqual({ red: 1, green: -1, blue: -1 })
    const tensors = await sendForm(address('/v2/models/single/infer'), [['image', file]])
    expect(tensors.json).toMatchObject({ outputs: [{ name: 'means', data: [1, -1, -1] }] })
  })

  test('an image of any size, where the model takes it', async () => {
    const { json } = await sendForm(predict('free'), [
      ['image', await drawn('#0f0', { width: 31, height: 7 }).png().toBuffer()],
    ])
    expect(json).toMatchObject({ prediction: 'green' })
  })

  test('TensorFlow Serving’s {"b64"}, by name, alone and to classify', async () => {
    const [red, blue] = [await b64('#f00'), await b64('#00f')]
    const url = address('/v1/models/colours:predict')
    for (const instances of [
      [{ image: red }, { image: blue }],
      [red, blue],
    ]) {
      expect((await sendJson(url, { instances })).json).toEqual({
        predictions: [
          [1, 0, 0],
          [0, 0, 1],
        ],
      })
    }
    expect((await sendJson(url, { inputs: { image: [red] } })).json).toEqual({ outputs: [[1, 0, 0]] })
    const classified = await sendJson(address('/v1/models/colours:classify'), { examples: [{ image: blue }] })
    expect(classified.json.result).toEqual([
      [
        ['red', 0],
        ['green', 0],
        ['blue', 1],
      ],
    ])
    const records = { dataframe_records: [{ image: red }] }
    expect((await sendJson(address('/api/v1/models/colours/invocations'), records)).json).toEqual({
      predictions: [{ means: [1, 0, 0] }],
    })
  })

  test('what cameras, printers and painters write', async () => {
    const raw = { width: 1, height: 1, channels: 3 } as const
    const blue = drawn('#2040d0')
    for (const file of [
      await blue.clone().withMetadata({ orientation: 8 }).jpeg().toBuffer(),
      await blue.clone().toColourspace('cmyk').jpeg().toBuffer(),
      await sharp(Uint16Array.of(1000, 2000, 60_000), { raw })
        .toColourspace('rgb16')
        .png()
        .toBuffer(),
      await drawn('#2040d080', { channels: 4 }).png().toBuffer(),
      await blue.clone().tiff().toBuffer(),
    ]) {
      const { status, json } = await sendForm(predict('colours'), [['image', file]])
      expect([status, json.prediction]).toEqual([200, 'blue'])
    }
    const unknown = await sendForm(predict('colours'), [['image', await png('#00f'), 'application/octet-stream']])
    expect(unknown.json.prediction).toBe('blue')
  })

  test('a file whose sender says nothing of it, at /predict and by the Open Inference Protocol', async () => {
    const head = '--b\r\nContent-Disposition: form-data; name="image"; filename="red.png"\r\n\r\n'
    const body = Buffer.concat([Buffer.from(head), await png('#f00'), Buffer.from('\r\n--b--\r\n')])
    const headers = { 'content-type': 'multipart/form-data; boundary=b' }
    const send = async (url: string) => answerOf(await fetch(url, { method: 'POST', headers, body }))
    expect((await send(predict('colours'))).json).toMatchObject({ prediction: 'red' })
    const tensors = await send(address('/v2/models/colours/infer'))
    expect(tensors.json).toMatchObject({ outputs: [{ name: 'means', data: [1, 0, 0] }] })
  })

  test('and the log keeps the hash of the file', async () => {
    kept.length = 0
    heldBytes.length = 0
    const file = await png('#123456')
    await sendForm(predict('colours'), [['image', file]])
    await sendJson(predict('colours'), { features: [[{ b64: file.toString('base64') }]] })
    const text = `sha256:${createHash('sha256').update(file).digest('hex')}`
    expect(kept).toEqual([{ image: text }, [text]])
    // What is held is not the body.
    expect(heldBytes.every((bytes) => bytes > 0 && bytes < 200)).toBe(true)
    expect(heldBytes).toHaveLength(2)
  })
})

describe('a model of images refuses', () => {
  // Some kilobytes that would unpack to more pixels than are taken.
  const bomb = async () =>
    sharp(Buffer.alloc(7100 * 7100), { raw: { width: 7100, height: 7100, channels: 1 } })
      .png({ compressionLevel: 1 })
      .toBuffer()
  const animated = () =>
    sharp(Uint8Array.of(255, 0, 0, 0, 0, 255), { raw: { width: 1, height: 2, channels: 3, pageHeight: 1 } })
      .gif({ delay: [100, 100] })
      .toBuffer()
  const cutOff = async () => {
    const noise = { type: 'gaussian', mean: 128, sigma: 50 } as const
    const whole = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#000', noise } })
      .jpeg()
      .toBuffer()
    return whole.subarray(0, whole.length / 2)
  }
  const red = () => png('#f00')
  const pdf = async () => Buffer.from('%PDF-1.7 and so on')
  const nothing = async () => Buffer.alloc(0)

  type Form = readonly (readonly [string, string | (() => Promise<Uint8Array>), string?])[]
  const forms: readonly (readonly [what: string, model: string, fields: Form, code: string, told: string])[] = [
    ['a text for an image', 'colours', [['image', 'a.png']], 'image_wrong', 'text/plain'],
    ['a file of another type', 'colours', [['image', pdf, 'application/pdf']], 'image_wrong', 'none of JPEG'],
    ['a file that only says it is an image', 'colours', [['image', pdf]], 'image_wrong', 'none of JPEG'],
    ['an empty file', 'colours', [['image', nothing]], 'image_wrong', 'empty'],
    ['a file that is cut off', 'colours', [['image', cutOff, 'image/jpeg']], 'image_wrong', 'cannot be read'],
    ['an image that would fill the memory', 'colours', [['image', bomb]], 'image_wrong', 'pixels'],
    ['an animation', 'colours', [['image', animated, 'image/gif']], 'image_wrong', '2 images'],
    [
      'two images for one field',
      'colours',
      [
        ['image', red],
        ['image', red],
      ],
      'invalid_request',
      'twice',
    ],
    [
      'an image for a number',
      'weighed',
      [
        ['image', red],
        ['weight', red],
      ],
      'invalid_request',
      'takes no file',
    ],
    ['a form without the image', 'weighed', [['weight', '1']], 'feature_names_wrong', 'image'],
    [
      'a field that it does not take',
      'colours',
      [
        ['image', red],
        ['more', '1'],
      ],
      'feature_names_wrong',
      'more',
    ],
  ]
  test.each(forms.map(([what, model, fields, code, told]) => ({ what, model, fields, code, told })))(
    '$what',
    async ({ model, fields, code, told }) => {
      const sent: Field[] = []
      for (const [name, value, type = 'image/png'] of fields) {
        sent.push([name, typeof value === 'string' ? value : await value(), type])
      }
      const { status, json } = await sendForm(predict(model), sent)
      expect([status, json.code, json.detail]).toEqual([400, code, expect.stringContaining(told)])
    },
  )

  test.each([
    ['a text', { image: 'aGVsbG8=' }, 'feature_value_wrong'],
    ['a number', { image: 1 }, 'feature_value_wrong'],
    ['nothing', { image: null }, 'feature_value_wrong'],
    ['what is no base64', { image: { b64: 'no base64!' } }, 'feature_value_wrong'],
    ['more than base64', { image: { b64: 'aGVsbG8=', type: 'png' } }, 'feature_value_wrong'],
    ['what is no image', { image: { b64: 'aGVsbG8=' } }, 'image_wrong'],
    ['an empty image', { image: { b64: '' } }, 'image_wrong'],
  ] as const)('%s in JSON', async (_, body, code) => {
    const { status, json } = await sendJson(predict('colours'), body)
    expect([status, json.code, json.field]).toEqual([400, code, 'image'])
  })

  test('the image of the row that is wrong, and says which', async () => {
    const body = { features: [{ image: await b64('#f00') }, { image: { b64: 'aGVsbG8=' } }] }
    const { json } = await sendJson(predict('colours'), body)
    expect(json.detail).toMatch(/^Image image of row 1 cannot be taken/)
    const french = await fetch(predict('colours'), {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'accept-language': 'fr' },
      body: JSON.stringify(body),
    })
    expect(((await french.json()) as { readonly detail: string }).detail).toMatch(/^L’image image de la ligne 1 /)
  })

  test('several images where it takes one', async () => {
    const image = await b64('#f00')
    const { status, json } = await sendJson(predict('single'), { features: [{ image }, { image }] })
    expect([status, json.code, json.detail]).toEqual([400, 'image_wrong', expect.stringContaining('takes 1 at once')])
  })

  test('to be asked by features where nobody said how it takes images', async () => {
    const { status, json } = await sendForm(predict('bare'), [['image', await png('#f00')]])
    expect([status, json.code]).toEqual([400, 'model_without_signature'])
  })

  test('to be served where it takes no such image, or says it wrongly', async () => {
    const wrong = await sendForm(predict('wrong'), [['image', await png('#f00')]])
    expect([wrong.status, wrong.json.code]).toEqual([422, 'model_file_invalid'])
    expect(wrong.json.detail).toContain('declared with 9 pixels where the input has 8')
    const unreadable = await sendForm(predict('unreadable'), [['image', await png('#f00')]])
    expect([unreadable.status, unreadable.json.code]).toEqual([422, 'model_file_invalid'])
    expect(unreadable.json.detail).toContain('fabrique.signature')
  })
})

test('the endpoint says what the model takes, and how much of it', async () => {
  const { items } = (await (await fetch(address('/api/v1/endpoints'))).json()) as {
    readonly items: readonly Endpoint[]
  }
  const endpoint = items.find(({ model }) => model === 'single')
  expect(endpoint?.signature.features).toEqual([
    {
      name: 'image',
      type: 'image',
      image: { channels: 'rgb', layout: 'channels_first', width: 8, height: 8, mean: [0.5], std: [0.5] },
    },
  ])
  expect(endpoint?.image_limits).toEqual({ bytes_max: 64 * 1024 * 1024, pixels_max: 50_000_000 })
})

test('the document of the model has a file in its form, and an example that fits', async () => {
  const reply = await fetch(address('/api/v1/models/weighed/openapi.json'))
  const document = (await reply.json()) as {
    readonly paths: Readonly<Record<string, { readonly post: { readonly requestBody: { readonly content: unknown } } }>>
    readonly components: { readonly schemas: Readonly<Record<string, unknown>> }
  }
  expect(document.paths['/api/v1/models/weighed/predict']?.post.requestBody.content).toMatchObject({
    'multipart/form-data': {
      schema: { $ref: '#/components/schemas/Form' },
      encoding: { image: { contentType: expect.stringContaining('image/jpeg') } },
    },
  })
  expect(document.components.schemas.Form).toMatchObject({
    required: ['image', 'weight'],
    properties: {
      image: { type: 'string', format: 'binary', description: 'Drawn to 4 × 4 pixels, in colours' },
      weight: { type: 'number' },
    },
  })
  expect(document.paths['/v2/models/weighed/infer']?.post.requestBody.content).toMatchObject({
    'multipart/form-data': { schema: { properties: { image: { format: 'binary' } } } },
  })
  const ajv = new Ajv2020({ strict: false })
  ajv.addSchema(document, 'model')
  const row = { image: await b64('#f00'), weight: 1 }
  expect(ajv.validate('model#/components/schemas/PredictRequest', { features: [row, row] })).toBe(true)
  expect(ajv.validate('model#/components/schemas/Row', { image: 'a.png', weight: 1 })).toBe(false)
})

test('the typed client sends files, one in a form and several as JSON', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fabrique-image-client-'))
  try {
    const source = await (await fetch(address('/api/v1/models/weighed/client.ts'))).text()
    const use = `import { createClient } from './client.mjs'
const client = createClient({ url: '${address('/')}' })
const image = new Blob([Uint8Array.from(atob('${(await png('#0f0')).toString('base64')}'), (c) => c.charCodeAt(0))])
const one = await client.predict({ image, weight: 1 })
const many = await client.predictMany([{ image, weight: 1 }, { image: { b64: '${(await b64('#f00')).b64}' }, weight: 2 }])
// @ts-expect-error A path is no image.
const row: import('./client.mjs').Row = { image: 'a.png', weight: 1 }
const first: 'red' | 'green' | 'blue' = one.prediction
console.log(JSON.stringify([first, many.predictions.map(({ prediction }) => prediction)]))
declare const console: { log(text: string): void }
`
    await writeFile(join(folder, 'client.mts'), source)
    await writeFile(join(folder, 'use.mts'), use)
    const compiler = fileURLToPath(new URL('../../../../../node_modules/.bin/tsc', import.meta.url))
    const options = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022,dom', '--types', '']
    const said = await run(compiler, [...options, 'client.mts', 'use.mts'], { cwd: folder }).catch(
      ({ stdout }: { readonly stdout: string }) => ({ stdout }),
    )
    expect(said.stdout).toBe('')
    const { stdout } = await run(process.execPath, [join(folder, 'use.mjs')])
    expect(JSON.parse(stdout)).toEqual(['green', ['green', 'red']])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
