import { describe, expect, test } from 'vitest'
import { plainAttributes } from './otlp-model.js'
import { readOtlpJson } from './read-otlp-json.js'
import { readOtlpProtobuf } from './read-otlp-protobuf.js'
import { readSpan } from './span-row.js'

/** An export that the protobuf library of Python wrote: two spans with every kind of value, an event and a link. */
const sample = Buffer.from(
  '0a89030a170a150a0c736572766963652e6e616d6512050a0373766312e30212a8020a10000102030405060708090a0b0c0d0e0f120800010203040506071a03613d622a05c3a974c3a9300139d4d685b02b08ea1841c1c989b02b08ea184a120a03696e74120b18808080808080808080014a100a0362696712091881808080808080104a0e0a0164120921000000000000f83f4a070a0174120210014a070a0166120210004a100a036e616e120921000000000000f87f4a060a046e756c6c4a130a046c697374120b2a090a030a01780a0218074a140a036d6170120d320b0a090a016b12043a0200014a0b0a05656d70747912022a0050035a210980bc86b02b08ea181209657863657074696f6e1a0b0a016d12060a04626f6f6d6a1c0a1000000000000000000000000000000000120800000000000000007a071203626164180285010101000012360a10000102030405060708090a0b0c0d0e0f120808090a0b0c0d0e0f220800010203040506072a056368696c643934d785b02b08ea181a08687474703a2f2f78',
  'hex',
)
const invalid = expect.objectContaining({ code: 'otlp_invalid' })

describe('protocol buffers', () => {
  test('every value is read, and no bit of a number is lost', () => {
    const [root, child] = readOtlpProtobuf(sample)
    expect(root).toMatchObject({
      trace_id: '000102030405060708090a0b0c0d0e0f',
      span_id: '0001020304050607',
      parent_span_id: '',
      name: 'été',
      kind: 1,
      start_time_unix_nano: '1795256385198741204',
      end_time_unix_nano: '1795256385199000001',
      status: { code: 2, message: 'bad' },
      resource: [{ key: 'service.name', value: { string_value: 'svc' } }],
    })
    expect(plainAttributes(root?.attributes ?? [])).toEqual({
      int: '-9223372036854775808',
      big: '9007199254740993',
      d: 1.5,
      t: true,
      f: false,
      nan: 'NaN',
      null: null,
      list: ['x', 7],
      map: { k: 'AAE=' },
      empty: [],
    })
    expect(root?.events).toEqual([
      {
        time_unix_nano: '1795256385198800000',
        name: 'exception',
        attributes: [{ key: 'm', value: { string_value: 'boom' } }],
      },
    ])
    expect(root?.links).toEqual([{ trace_id: '0'.repeat(32), span_id: '0'.repeat(16), attributes: [] }])
    expect(child).toMatchObject({ name: 'child', parent_span_id: '0001020304050607', end_time_unix_nano: '0' })
  })

  test('a body that ends early, at whatever byte, is refused or holds fewer spans, and never fails otherwise', () => {
    for (let length = 1; length < sample.length; length += 1) {
      expect(() => readOtlpProtobuf(sample.subarray(0, length))).toThrowError(invalid)
    }
  })

  test('any change of a byte is refused or read', () => {
    for (let at = 0; at < sample.length; at += 1) {
      for (const flip of [0x01, 0x10, 0x80, 0xff]) {
        const changed = Buffer.from(sample)
        changed[at] = (changed[at] ?? 0) ^ flip
        try {
          for (const span of readOtlpProtobuf(changed)) readSpan(span)
        } catch (error) {
          expect(error).toEqual(invalid)
        }
      }
    }
  })

  test.each([
    ['a varint without an end', 'ff'.repeat(11)],
    ['field 0', '0000'],
    ['a group', '0b'],
    ['a length beyond the body', '0a7f'],
    ['a huge length', '0affffffffffffffff7f'],
  ])('%s is refused', (_, hex) => {
    expect(() => readOtlpProtobuf(Buffer.from(hex, 'hex'))).toThrowError(invalid)
  })

  test('fields that are not known are passed over', () => {
    const unknown = Buffer.from('980601a106000000000000000000aa0603616263b50600000000', 'hex')
    expect(readOtlpProtobuf(Buffer.concat([unknown.subarray(0, 3), sample]))).toHaveLength(2)
  })

  test('too many values are refused before they are all read', () => {
    const attributes = Buffer.alloc(2_200_000, Buffer.from('0a00', 'hex'))
    const length = (bytes: number) => {
      const out: number[] = []
      for (let rest = bytes; ; rest = Math.floor(rest / 128)) {
        if (rest < 128) return Buffer.from([...out, rest])
        out.push((rest % 128) + 128)
      }
    }
    const framed = (field: number, body: Buffer) => Buffer.concat([Buffer.from([field]), length(body.length), body])
    const body = framed(0x0a, framed(0x0a, attributes))
    expect(() => readOtlpProtobuf(body)).toThrowError(/more than 1000000 values/)
  })
})

describe('JSON', () => {
  const span = (more: object) => ({
    resourceSpans: [
      {
        scopeSpans: [
          { spans: [{ traceId: 'AB'.repeat(16), spanId: 'cd'.repeat(8), name: 'x', startTimeUnixNano: '1', ...more }] },
        ],
      },
    ],
  })
  const read = (more: object) => readOtlpJson(JSON.stringify(span(more)))

  test('names are in camelCase or snake_case, ids in hex, numbers are texts', () => {
    const attributes = [
      { key: 'i', value: { intValue: '9223372036854775807' } },
      { key: 'j', value: { int_value: 5 } },
      { key: 'k', value: { kvlistValue: { values: [{ key: 'z', value: { doubleValue: 1.5 } }] } } },
    ]
    const [found] = read({ attributes, status: { code: 'STATUS_CODE_ERROR', message: 'm' }, kind: 'SPAN_KIND_CLIENT' })
    expect(found).toMatchObject({ trace_id: 'ab'.repeat(16), kind: 3, status: { code: 2, message: 'm' } })
    expect(plainAttributes(found?.attributes ?? [])).toEqual({ i: '9223372036854775807', j: 5, k: { z: 1.5 } })
  })

  test.each([
    { traceId: 'zz'.repeat(16) },
    { traceId: 'ab' },
    { startTimeUnixNano: 'x' },
    { startTimeUnixNano: 1.5 },
    { attributes: {} },
    { attributes: [5] },
    { attributes: [{ key: 5 }] },
    { name: 5 },
    { events: [null] },
  ])('%j is refused', (more) => {
    expect(() => read(more)).toThrowError(invalid)
  })

  test.each(['', '{', '[]', '5', 'null', '{"resourceSpans":5}', '['.repeat(100_000)])('%s is refused', (text) => {
    expect(() => readOtlpJson(text)).toThrowError(invalid)
  })

  test('an attribute that is too deep is refused', () => {
    let value: object = { stringValue: 'x' }
    for (let depth = 0; depth < 100; depth += 1) value = { arrayValue: { values: [value] } }
    expect(() => read({ attributes: [{ key: 'k', value }] })).toThrowError(/more than 64 levels/)
  })
})

describe('a span as it is stored', () => {
  const stored = (attributes: readonly object[]) => {
    const text = JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            { spans: [{ traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8), startTimeUnixNano: '1', attributes }] },
          ],
        },
      ],
    })
    const [span] = readOtlpJson(text)
    if (span === undefined) throw new Error('no span')
    return readSpan(span)
  }
  const text = (key: string, value: string) => ({ key, value: { stringValue: value } })

  test('other conventions are translated to the words of MLflow', () => {
    const { row, attributes } = stored([
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.request.model', 'm1'),
      { key: 'gen_ai.usage.input_tokens', value: { intValue: 3 } },
      { key: 'gen_ai.usage.output_tokens', value: { intValue: '4' } },
      text('gen_ai.input.messages', '[]'),
    ])
    expect(row).toMatchObject({ type: 'CHAT_MODEL', model: 'm1' })
    expect(JSON.parse(row.usage ?? '')).toEqual({ input_tokens: 3, output_tokens: 4, total_tokens: 7 })
    expect(attributes['mlflow.spanInputs']).toBe('[]')
  })

  test('what MLflow said itself stays', () => {
    const { row } = stored([
      text('mlflow.spanType', 'AGENT'),
      text('gen_ai.operation.name', 'chat'),
      text('mlflow.llm.model', 'own'),
      text('gen_ai.request.model', 'm1'),
    ])
    expect(row).toMatchObject({ type: 'AGENT', model: 'own' })
  })

  test('long values are cut for searches only, and NUL never reaches the database', () => {
    const long = 'x'.repeat(5000)
    const { row } = stored([text('long', long), text('nul', 'a\0b')])
    expect(JSON.parse(row.attributes)).toEqual({ long: 'x'.repeat(1000), nul: 'a\ufffdb' })
    expect(row.content).toContain(long)
    expect(row.content).not.toContain('\0')
  })
})

test('parts that hold nothing are counted too', () => {
  const tooMany = expect.objectContaining({
    code: 'otlp_invalid',
    message: expect.stringContaining('more than 1000000 values'),
  })
  const count = 1_000_001
  expect(() => readOtlpProtobuf(Buffer.alloc(2 * count, Buffer.from([0x0a, 0])))).toThrowError(tooMany)
  const resources = Buffer.alloc(2 * count, Buffer.from([0x0a, 0]))
  const length = Buffer.from([
    (resources.length & 0x7f) | 0x80,
    ((resources.length >> 7) & 0x7f) | 0x80,
    resources.length >> 14,
  ])
  expect(() => readOtlpProtobuf(Buffer.concat([Buffer.from([0x0a]), length, resources]))).toThrowError(tooMany)
  expect(() => readOtlpJson(`{"resourceSpans":[${'{},'.repeat(count)}{}]}`)).toThrowError(tooMany)
  expect(() => readOtlpJson(`{"resourceSpans":[{"scopeSpans":[${'{},'.repeat(count)}{}]}]}`)).toThrowError(tooMany)
})
