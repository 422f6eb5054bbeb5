/**
 * A little of the WebAssembly binary format (core specification 2.0 with threads): as much as the kernels need, so that they are built
 * when they are needed, for the width of the data, without a compiler. Expressions come before their operator, as on the stack machine.
 */

/** Bytes, nested as they were put together. */
export type Code = number | readonly Code[]

/** Types of values. */
export const valueType = { i32: 0x7f, i64: 0x7e, f64: 0x7c, f32: 0x7d, v128: 0x7b } as const

export type ValueType = (typeof valueType)[keyof typeof valueType]

/** Unsigned LEB128. */
export function unsigned(value: number): Code {
  const bytes: number[] = []
  let rest = value
  do {
    const low = rest % 128
    rest = Math.floor(rest / 128)
    bytes.push(rest > 0 ? low + 128 : low)
  } while (rest > 0)
  return bytes
}

/** Signed LEB128 of a 32-bit number. */
export function signed(value: number): Code {
  const bytes: number[] = []
  let rest = value
  for (;;) {
    const low = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

/** An access to memory: the operator, its alignment as a power of two, and a fixed distance from the address. */
function access(operator: Code, alignment: number, offset: number): Code {
  return [operator, unsigned(alignment), unsigned(offset)]
}

function simd(number: number): Code {
  return [0xfd, unsigned(number)]
}

const binary = (operator: Code) => (left: Code, right: Code) => [left, right, operator]
const unary = (operator: Code) => (operand: Code) => [operand, operator]

export const local = {
  get: (index: number): Code => [0x20, unsigned(index)],
  set: (index: number, value: Code): Code => [value, 0x21, unsigned(index)],
}

export const i32 = {
  const: (value: number): Code => [0x41, signed(value)],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  and: binary(0x71),
  or: binary(0x72),
  shl: binary(0x74),
  shiftRight: binary(0x76),
  isZero: unary(0x45),
  lessUnsigned: binary(0x49),
  load: (address: Code, offset = 0): Code => [address, access(0x28, 2, offset)],
  loadByte: (address: Code, offset = 0): Code => [address, access(0x2d, 0, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, access(0x36, 2, offset)],
  storeByte: (address: Code, value: Code, offset = 0): Code => [address, value, access(0x3a, 0, offset)],
}

/** Comparisons give an i32, 1 or 0. */
export const f32 = {
  greater: binary(0x5e),
  differs: binary(0x5c),
  load: (address: Code, offset = 0): Code => [address, access(0x2a, 2, offset)],
}

export const i64 = {
  const: (value: number): Code => [0x42, signed(value)],
  add: binary(0x7c),
  sub: binary(0x7d),
  and: binary(0x83),
  shl: binary(0x86),
  shiftRight: binary(0x88),
  fromI32: unary(0xad),
  load: (address: Code, offset = 0): Code => [address, access(0x29, 3, offset)],
}

export const f64 = {
  const: (value: number): Code => [0x44, float64Bytes(value)],
  add: binary(0xa0),
  sub: binary(0xa1),
  mul: binary(0xa2),
  div: binary(0xa3),
  negate: unary(0x9a),
  less: binary(0x63),
  greater: binary(0x64),
  fromSigned: unary(0xb9),
  fromUnsigned: unary(0xba),
  load: (address: Code, offset = 0): Code => [address, access(0x2b, 3, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, access(0x39, 3, offset)],
}

/** Vectors of two float64 numbers, held in a v128. */
export const f64x2 = {
  const: (value: number): Code => [simd(0x0c), float64Bytes(value), float64Bytes(value)],
  splat: unary(simd(0x14)),
  /** A number of memory in both places. */
  loadSplat: (address: Code, offset = 0): Code => [address, access(simd(0x0a), 3, offset)],
  add: binary(simd(0xf0)),
  sub: binary(simd(0xf1)),
  mul: binary(simd(0xf2)),
  div: binary(simd(0xf3)),
  negate: unary(simd(0xed)),
  absolute: unary(simd(0xec)),
  /** All bits of a number are set where the comparison holds. */
  atLeast: binary(simd(0x4c)),
  greater: binary(simd(0x4a)),
  equal: binary(simd(0x47)),
  /** The first unless the second is less, or greater: one instruction, where those that mind NaN and -0 take many. */
  least: binary(simd(0xf6)),
  greatest: binary(simd(0xf7)),
  /** One of the two numbers. */
  at: (vector: Code, lane: 0 | 1): Code => [vector, simd(0x21), lane],
  pair: (first: Code, second: Code): Code => [first, simd(0x14), second, simd(0x22), 1],
}

function float64Bytes(value: number): Code {
  return [...new Uint8Array(Float64Array.of(value).buffer)]
}

/** Vectors of two 64-bit numbers. */
export const v128 = {
  zero: [simd(0x0c), new Array<number>(16).fill(0)] as Code,
  ones: [simd(0x0c), new Array<number>(16).fill(255)] as Code,
  splat: unary(simd(0x12)),
  load: (address: Code, offset = 0): Code => [address, access(simd(0x00), 4, offset)],
  store: (address: Code, value: Code, offset = 0): Code => [address, value, access(simd(0x0b), 4, offset)],
  /** A 64-bit number of memory in both places. */
  loadSplat: (address: Code, offset = 0): Code => [address, access(simd(0x0a), 3, offset)],
  /** Two 32-bit numbers of memory in the low half. */
  loadHalf: (address: Code, offset = 0): Code => [address, access(simd(0x5d), 3, offset)],
  /** The low two signed 32-bit numbers as 64-bit numbers. */
  extendLow: unary(simd(0xc7)),
  add: binary(simd(0xce)),
  sub: binary(simd(0xd1)),
  /** One of the two numbers. */
  at: (vector: Code, lane: 0 | 1): Code => [vector, simd(0x1d), lane],
  /** Bits of the first where `mask` has them set, else of the second. */
  select: (first: Code, second: Code, mask: Code): Code => [first, second, mask, simd(0x52)],
  /** Bytes by their places in both, the second's from 16 on. */
  shuffle: (first: Code, second: Code, places: readonly number[]): Code => [first, second, simd(0x0d), [...places]],
  and: binary(simd(0x4e)),
  or: binary(simd(0x50)),
  /** 1 where a bit is set anywhere. */
  anyTrue: unary(simd(0x53)),
  /** The highest bits of both numbers, as the lowest of an i32. */
  bitMask: unary(simd(0xc4)),
  /** Moves the bits of both numbers up, or down. */
  shl: binary(simd(0xcb)),
  shiftRight: binary(simd(0xcd)),
  /** Puts a number into the second place. */
  withHigh: (vector: Code, value: Code): Code => [vector, value, simd(0x1e), 1],
}

/** Copies bytes, which may overlap. */
export function copyMemory(to: Code, from: Code, length: Code): Code {
  return [to, from, length, 0xfc, 0x0a, 0, 0]
}

/** Sets bytes to one value. */
export function fillMemory(to: Code, value: Code, length: Code): Code {
  return [to, value, length, 0xfc, 0x0b, 0]
}

/** Runs `body` as long as `condition` holds before it. */
export function whileTrue(condition: Code, body: Code): Code {
  // if (condition) do { body } while (condition)
  return [condition, 0x04, 0x40, 0x03, 0x40, body, condition, 0x0d, 0, 0x0b, 0x0b]
}

/** Runs one of two pieces of code that leave nothing on the stack. */
export function ifElse(condition: Code, then: Code, otherwise: Code = []): Code {
  return [condition, 0x04, 0x40, then, 0x05, otherwise, 0x0b]
}

/** A function of a module; its locals follow its parameters. */
export interface WasmFunction {
  readonly name: string
  readonly parameters: readonly ValueType[]
  readonly locals: readonly ValueType[]
  readonly result: ValueType | null
  readonly body: Code
}

/** A module of exported functions over one imported shared memory, `memory.shared`. */
export function encodeModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, result }) => [0x60, vector(parameters), vector(result ? [result] : [])])
  const bodies = functions.map(({ locals, body }) => sized([vector(locals.map((type) => [1, type])), body, 0x0b]))
  const memory = [name('memory'), name('shared'), 0x02, 0x03, unsigned(0), unsigned(65_536)]
  const module: Code = [
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(1, vector(types)),
    section(2, vector([memory])),
    section(3, vector(functions.map((_, index) => unsigned(index)))),
    section(7, vector(functions.map((one, index) => [name(one.name), 0x00, unsigned(index)]))),
    section(10, vector(bodies)),
  ]
  return Uint8Array.from(flat(module))
}

function section(id: number, content: Code): Code {
  return [id, sized(content)]
}

function sized(content: Code): Code {
  const bytes = flat(content)
  return [unsigned(bytes.length), bytes]
}

function vector(items: readonly Code[]): Code {
  return [unsigned(items.length), items]
}

function name(text: string): Code {
  return vector([...Buffer.from(text)])
}

function flat(code: Code): readonly number[] {
  const bytes: number[] = []
  const visit = (part: Code): void => {
    if (typeof part === 'number') bytes.push(part)
    else for (const one of part) visit(one)
  }
  visit(code)
  return bytes
}
