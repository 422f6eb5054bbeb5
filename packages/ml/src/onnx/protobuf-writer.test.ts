import { expect, test } from 'vitest'
import { createProtobufWriter, type ProtobufWriter } from './protobuf-writer.js'

function written(write: (writer: ProtobufWriter) => void): string {
  const writer = createProtobufWriter()
  write(writer)
  return Buffer.from(writer.finish()).toString('hex')
}

// The first three are the examples of the protobuf encoding guide; the others follow from its rules.
test.each([
  { name: 'a varint', write: (w: ProtobufWriter) => w.int(1, 150), hex: '089601' },
  { name: 'text', write: (w: ProtobufWriter) => w.text(2, 'testing'), hex: '120774657374696e67' },
  {
    name: 'a message',
    write: (w: ProtobufWriter) => w.message(3, (inner) => inner.int(1, 150)),
    hex: '1a03089601',
  },
  {
    name: 'packed whole numbers',
    write: (w: ProtobufWriter) => w.packedInts(6, [3, 270, 86942]),
    hex: '3206038e029ea705',
  },
  { name: 'a field above 15', write: (w: ProtobufWriter) => w.int(20, 7), hex: 'a00107' },
  { name: 'zero', write: (w: ProtobufWriter) => w.int(1, 0), hex: '0800' },
  { name: 'a negative number', write: (w: ProtobufWriter) => w.int(1, -2), hex: '08feffffffffffffffff01' },
  { name: '2^31', write: (w: ProtobufWriter) => w.int(1, 2 ** 31), hex: '088080808008' },
  { name: '2^53 - 1', write: (w: ProtobufWriter) => w.int(1, 2 ** 53 - 1), hex: '08ffffffffffffff0f' },
  { name: 'a float', write: (w: ProtobufWriter) => w.float(2, 1.5), hex: '150000c03f' },
  { name: 'packed floats', write: (w: ProtobufWriter) => w.packedFloats(7, [1, -2]), hex: '3a080000803f000000c0' },
  { name: 'texts', write: (w: ProtobufWriter) => w.texts(9, ['a', 'é', 'a']), hex: '4a01614a02c3a94a0161' },
  { name: 'bytes', write: (w: ProtobufWriter) => w.bytes(4, Uint8Array.of(0, 255)), hex: '220200ff' },
  {
    name: 'packed negative and large numbers',
    write: (w: ProtobufWriter) => w.packedInts(1, [-1, 128]),
    hex: `0a0c${'ff'.repeat(9)}018001`,
  },
  {
    name: 'packed numbers of 64 bits',
    write: (w: ProtobufWriter) => w.packedInts(1, [2n ** 63n - 1n, -(2n ** 63n), 0n, 128n]),
    hex: `0a16${'ff'.repeat(8)}7f${'80'.repeat(9)}01008001`,
  },
  {
    name: 'packed doubles',
    write: (w: ProtobufWriter) => w.packedDoubles(10, [1, -2]),
    hex: '5210000000000000f03f00000000000000c0',
  },
])('$name', ({ write, hex }) => {
  expect(written(write)).toBe(hex)
})

test('the buffer grows as needed', () => {
  const hex = written((writer) => {
    for (let index = 0; index < 1000; index++) writer.text(1, 'x'.repeat(index))
  })
  // Key and length take two bytes, or three from 128 characters on.
  expect(hex.length / 2).toBe((1000 * 999) / 2 + 1000 * 2 + (1000 - 128))
})

test.each([100, 65_535, 65_536, 3_000_000])(
  'messages in messages around %i bytes, with more before and after',
  (length) => {
    const content = Uint8Array.from({ length }, (_, index) => index % 251)
    const floats = Float32Array.from({ length: length / 4 }, (_, index) => index)
    const nested = written((writer) => {
      writer.int(1, 5)
      writer.message(2, (outer) => {
        outer.message(3, (inner) => {
          inner.bytes(4, content)
          inner.int(1, 6)
        })
        outer.packedFloats(7, floats)
        outer.int(1, 7)
      })
      writer.int(1, 8)
    })
    const field = (key: string, bytes: string) => key + varint(bytes.length / 2) + bytes
    const inner = `${field('22', Buffer.from(content).toString('hex'))}0806`
    const outer = `${field('1a', inner)}${field('3a', Buffer.from(floats.buffer).toString('hex'))}0807`
    expect(nested === `0805${field('12', outer)}0808`).toBe(true)
  },
)

function varint(value: number): string {
  const low = value % 128
  const byte = (value < 128 ? low : low + 128).toString(16).padStart(2, '0')
  return value < 128 ? byte : byte + varint(Math.floor(value / 128))
}

test('a model beyond 2 GiB is refused', () => {
  const writer = createProtobufWriter()
  const large = new Uint8Array(2 ** 29)
  for (let index = 0; index < 3; index++) writer.bytes(1, large)
  expect(() => writer.message(2, (inner) => inner.bytes(1, large))).toThrowError(
    expect.objectContaining({ code: 'model_too_large' }),
  )
})
