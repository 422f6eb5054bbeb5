import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { echoFile, onnxFile } from '../../../../test/support/onnx-file.js'
import { classifierFile, type ProtocolServer, protocolServer } from '../../../../test/support/protocol-server.js'
import { mountProtocols } from '../protocols/mount-protocols.js'
import { mountServingRoutes } from '../routes.js'

/** A text and a picture in, both out. */
function mixedFile(): Uint8Array {
  return onnxFile({
    inputs: [
      { name: 'text', datatype: 'BYTES', shape: ['N', 1] },
      { name: 'image', datatype: 'UINT8', shape: ['N', 2, 3, 3] },
    ],
    outputs: [
      { name: 'said', datatype: 'BYTES', shape: ['N', 1] },
      { name: 'seen', datatype: 'UINT8', shape: ['N', 2, 3, 3] },
    ],
    nodes: [
      { operator: 'Identity', inputs: ['text'], outputs: ['said'] },
      { operator: 'Identity', inputs: ['image'], outputs: ['seen'] },
    ],
  })
}

let server: ProtocolServer
beforeAll(async () => {
  const files = {
    flowers: [await classifierFile()],
    mixed: [mixedFile()],
    planes: [echoFile('FP32', ['N', 3, 'H', 'W'])],
    grey: [echoFile('FP16', [1, 'H', 'W'])],
    numbers: [echoFile('INT64', ['N', 1])],
    block: [echoFile('FP32', ['N', 2])],
  }
  server = await protocolServer(files, [mountProtocols, mountServingRoutes])
})
afterAll(() => server?.close())

/** What is read of an answer. */
interface Answer {
  readonly code?: string
  readonly error?: string
  readonly predictions: readonly { readonly prediction: string }[]
  readonly outputs: readonly { readonly shape: readonly number[]; readonly data: readonly number[] }[]
}

type Field = readonly [name: string, value: string | Uint8Array, type?: string]

async function send(path: string, fields: readonly Field[]) {
  const form = new FormData()
  for (const [name, value, type] of fields) {
    if (typeof value === 'string' && type === undefined) form.append(name, value)
    else form.append(name, new File([value as string], 'file', { type: type ?? 'application/octet-stream' }))
  }
  const reply = await fetch(`http://127.0.0.1:${server.port}${path}`, { method: 'POST', body: form })
  return { status: reply.status, json: (await reply.json()) as Answer }
}

const infer = (model: string) => `/v2/models/${model}/infer`

/** Red, green and blue, then black, grey and white. */
const colours = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 128, 128, 128, 255, 255, 255)
const picture = () => sharp(colours, { raw: { width: 3, height: 2, channels: 3 } })

describe('features in a form', () => {
  test('are those of one row, by name or as JSON', async () => {
    const expected = { prediction: 'small', model: 'flowers', version: '1' }
    for (const path of ['/predict', '/api/v1/models/flowers/predict', '/api/v1/models/flowers/versions/1/predict']) {
      const reply = await send(path, [
        ['width', '1'],
        ['length', '2.0'],
      ])
      expect(reply).toMatchObject({ status: 200, json: expected })
    }
    const rows = await send('/predict', [['features', '[[1, 2], [3, 6]]']])
    expect(rows.json.predictions.map(({ prediction }) => prediction)).toEqual(['small', 'large'])
  })

  test.each([
    [
      'a text for a number',
      [
        ['width', 'x'],
        ['length', '2'],
      ],
      'feature_value_wrong',
    ],
    ['a missing one', [['width', '1']], 'feature_names_wrong'],
    [
      'one too many',
      [
        ['width', '1'],
        ['length', '2'],
        ['more', '3'],
      ],
      'feature_names_wrong',
    ],
    [
      'one twice',
      [
        ['width', '1'],
        ['width', '1'],
        ['length', '2'],
      ],
      'invalid_request',
    ],
    [
      'a picture',
      [
        ['width', colours, 'image/png'],
        ['length', '2'],
      ],
      'invalid_request',
    ],
    ['no JSON', [['features', '[1']], 'invalid_json'],
    ['an empty form', [], 'features_missing'],
  ] as const)('with %s are refused', async (_, fields, code) => {
    const { status, json } = await send('/predict', fields)
    expect([status, json.code]).toEqual([400, code])
  })
})

describe('inputs in a form', () => {
  test('are a text and a picture', async () => {
    const png = await picture().png().toBuffer()
    const reply = await send(infer('mixed'), [
      ['text', 'naïve'],
      ['image', png, 'image/png'],
    ])
    expect(reply).toMatchObject({
      status: 200,
      json: {
        model_name: 'mixed',
        outputs: [
          { name: 'said', shape: [1, 1], data: ['naïve'] },
          { name: 'seen', shape: [1, 2, 3, 3], data: [...colours] },
        ],
      },
    })
  })

  test('are several rows by several fields of one name', async () => {
    const png = await picture().png().toBuffer()
    const reply = await send(infer('mixed'), [
      ['text', 'a'],
      ['image', png, 'image/png'],
      ['text', 'b'],
      ['image', png, 'image/png'],
    ])
    expect(reply.json.outputs).toEqual([
      { name: 'said', datatype: 'BYTES', shape: [2, 1], data: ['a', 'b'] },
      { name: 'seen', datatype: 'UINT8', shape: [2, 2, 3, 3], data: [...colours, ...colours] },
    ])
  })

  test('a picture is drawn to the size of the input, or keeps its own, in planes of floats from 0 to 1', async () => {
    const large = await sharp({
      create: { width: 30, height: 40, channels: 4, background: { r: 51, g: 102, b: 255, alpha: 0.5 } },
    })
      .png()
      .toBuffer()
    const fixed = await send(infer('mixed'), [
      ['text', ''],
      ['image', large, 'image/png'],
    ])
    expect(fixed.json.outputs[1]?.data).toEqual(Array(6).fill([51, 102, 255]).flat())
    const free = await send(infer('planes'), [['x', await picture().png().toBuffer(), 'image/png']])
    const plane = (channel: number) =>
      [0, 1, 2, 3, 4, 5].map((pixel) => Math.fround((colours[pixel * 3 + channel] ?? 0) / 255))
    expect(free.json.outputs[0]).toMatchObject({ shape: [1, 3, 2, 3], data: [...plane(0), ...plane(1), ...plane(2)] })
  })

  test('a picture is made grey for one channel', async () => {
    const reply = await send(infer('grey'), [['x', await picture().png().toBuffer(), 'image/png']])
    const [{ shape, data } = { shape: [], data: [] }] = reply.json.outputs
    expect(shape).toEqual([1, 2, 3])
    expect([data[3], data[5]]).toEqual([0, 1])
    expect(data[4]).toBeCloseTo(128 / 255, 2)
  })

  test('are numbers as texts, or blocks', async () => {
    const numbers = await send(infer('numbers'), [
      ['x', '9223372036854775807'],
      ['x', '-1'],
    ])
    expect(numbers.status).toBe(200)
    const block = await send(infer('block'), [['x', new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer)]])
    expect(block.json.outputs[0]).toEqual({ name: 'y', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] })
  })

  test.each([
    ['no picture', 'planes', [['x', Uint8Array.of(1, 2, 3), 'image/png']], 'tensor_wrong'],
    ['a picture for numbers', 'numbers', [['x', colours, 'image/png']], 'tensor_wrong'],
    ['a block that is cut off', 'block', [['x', Uint8Array.of(1, 2, 3)]], 'tensor_wrong'],
    ['a file of another type', 'block', [['x', Uint8Array.of(1), 'application/zip']], 'tensor_wrong'],
    [
      'fields of several types',
      'block',
      [
        ['x', '1'],
        ['x', Uint8Array.of(1)],
      ],
      'tensor_wrong',
    ],
    ['a text that is no number', 'numbers', [['x', 'one']], 'tensor_wrong'],
    ['an unknown input', 'numbers', [['z', '1']], 'tensor_wrong'],
    ['a missing input', 'mixed', [['text', 'a']], 'tensor_wrong'],
    [
      'rows of different counts',
      'mixed',
      [
        ['text', 'a'],
        ['text', 'b'],
      ],
      'tensor_wrong',
    ],
    ['nothing', 'numbers', [], 'tensor_wrong'],
  ] as const)('with %s are refused', async (_, model, fields, code) => {
    const { status, json } = await send(infer(model), fields)
    expect([status, json.error]).toEqual([400, expect.stringMatching(new RegExp(`^${code}: `))])
  })

  test('a picture of too many pixels, or one that is cut off, is refused', async () => {
    // A few kilobytes that would unpack to 100 million pixels.
    const bomb = await sharp({ create: { width: 10_000, height: 10_000, channels: 3, background: '#000' } })
      .png({ compressionLevel: 9, palette: true })
      .toBuffer()
    expect(bomb.length).toBeLessThan(500_000)
    const whole = await sharp({
      create: {
        width: 64,
        height: 64,
        channels: 3,
        background: '#000',
        noise: { type: 'gaussian', mean: 128, sigma: 50 },
      },
    })
      .jpeg()
      .toBuffer()
    for (const content of [bomb, whole.subarray(0, whole.length / 2)]) {
      const { status, json } = await send(infer('planes'), [['x', content, 'image/png']])
      expect([status, json.error]).toEqual([400, expect.stringMatching(/^tensor_wrong: .*(pixels|cannot be read)/)])
    }
  })
})
