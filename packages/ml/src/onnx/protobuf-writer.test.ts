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
