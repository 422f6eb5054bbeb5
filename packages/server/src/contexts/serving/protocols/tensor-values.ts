import { FabriqueError } from '@fabrique/contract'
import { elementCount } from '../runtime/check-tensors.js'
import type { Datatype, Tensor, TensorData, TensorSpec } from '../runtime/tensor.js'
import { longIntegerOf } from './tensor-json.js'

/** Why a tensor is refused, in both languages. */
export function tensorWrong(input: string, en: string, fr: string): FabriqueError {
  return new FabriqueError('tensor_wrong', { input, reason: en, reason_fr: fr }, { field: input })
}

type NumberArray = Exclude<TensorData, BigUint64Array | BigInt64Array | readonly string[]>

/** Inclusive range of each type of whole numbers. */
const ranges = {
  UINT8: [0n, 2n ** 8n - 1n],
  UINT16: [0n, 2n ** 16n - 1n],
  UINT32: [0n, 2n ** 32n - 1n],
  UINT64: [0n, 2n ** 64n - 1n],
  INT8: [-(2n ** 7n), 2n ** 7n - 1n],
  INT16: [-(2n ** 15n), 2n ** 15n - 1n],
  INT32: [-(2n ** 31n), 2n ** 31n - 1n],
  INT64: [-(2n ** 63n), 2n ** 63n - 1n],
} as const

const makeNumbers: Readonly<Record<Exclude<Datatype, 'BYTES' | 'INT64' | 'UINT64'>, (length: number) => NumberArray>> =
  {
    BOOL: (length) => new Uint8Array(length),
    UINT8: (length) => new Uint8Array(length),
    UINT16: (length) => new Uint16Array(length),
    UINT32: (length) => new Uint32Array(length),
    INT8: (length) => new Int8Array(length),
    INT16: (length) => new Int16Array(length),
    INT32: (length) => new Int32Array(length),
    FP16: (length) => new Uint16Array(length),
    FP32: (length) => new Float32Array(length),
    FP64: (length) => new Float64Array(length),
  }

/**
 * A tensor of values as JSON has them: all in one list, or lists within each other as the shape says. Throws `tensor_wrong`.
 */
export function tensorFromJson(spec: TensorSpec, given: unknown): Tensor {
  const { name, shape, datatype } = spec
  const numbers = given instanceof Float64Array ? floatsOf(spec, given) : undefined
  if (numbers !== undefined && numbers.length === elementCount(name, shape)) {
    return { name, shape, datatype, data: numbers }
  }
  const data: unknown = given instanceof Float64Array ? Array.from(given) : given
  if (!Array.isArray(data)) throw tensorWrong(name, 'its data must be a list', 'ses données doivent être une liste')
  const values = Array.isArray(data[0]) ? flatten(data, spec) : data
  const count = elementCount(name, shape)
  if (values.length !== count) {
    throw tensorWrong(
      name,
      `its shape [${shape.join(', ')}] has ${count} values, and ${values.length} are given`,
      `sa forme [${shape.join(', ')}] a ${count} valeurs, et ${values.length} sont données`,
    )
  }
  return { name, shape, datatype, data: elementsOf(spec, values) }
}

/** Numbers that were read as such, as a tensor has them; undefined where one of them has to be looked at. */
function floatsOf({ datatype }: TensorSpec, given: Float64Array): Float32Array | Float64Array | undefined {
  const numbers = datatype === 'FP32' ? new Float32Array(given) : datatype === 'FP64' ? given : undefined
  return numbers !== undefined && isAllFinite(numbers) ? numbers : undefined
}

function flatten(data: readonly unknown[], { name, shape }: TensorSpec): readonly unknown[] {
  const values: unknown[] = []
  const add = (list: readonly unknown[], level: number) => {
    if (list.length !== shape[level]) {
      const at = `[${shape.join(', ')}]`
      throw tensorWrong(
        name,
        `its nested lists are not of shape ${at}: level ${level} has ${list.length} items`,
        `ses listes imbriquées ne sont pas de forme ${at}, le niveau ${level} a ${list.length} éléments`,
      )
    }
    const isLeaf = level === shape.length - 1
    for (const item of list) {
      if (Array.isArray(item) === isLeaf) {
        const at = `[${shape.join(', ')}]`
        throw tensorWrong(
          name,
          `its nested lists are not of shape ${at}`,
          `ses listes imbriquées ne sont pas de forme ${at}`,
        )
      }
      if (isLeaf) values.push(item)
      else add(item as readonly unknown[], level + 1)
    }
  }
  add(data, 0)
  return values
}

function elementsOf({ name, datatype }: TensorSpec, values: readonly unknown[]): TensorData {
  switch (datatype) {
    case 'BYTES':
      return values.map((value, at) => textOf(value, name, at))
    case 'INT64':
      return BigInt64Array.from(values, (value, at) => wholeOf(value, { name, datatype, at }))
    case 'UINT64':
      return BigUint64Array.from(values, (value, at) => wholeOf(value, { name, datatype, at }))
    default: {
      const elements = makeNumbers[datatype](values.length)
      const isFloat = datatype === 'FP32' || datatype === 'FP64'
      for (let at = 0; at < values.length; at += 1) {
        const value = values[at]
        if (isFloat && typeof value === 'number') {
          elements[at] = value
          if (Number.isFinite(elements[at])) continue
        }
        elements[at] = numberOf(value, { name, datatype, at })
      }
      return elements
    }
  }
}

interface Place {
  readonly name: string
  readonly datatype: Exclude<Datatype, 'BYTES'>
  readonly at: number
}

function wrongValue(
  value: unknown,
  { name, at }: { readonly name: string; readonly at: number },
  en: string,
  fr: string,
) {
  const shown = longIntegerOf(value) ?? (JSON.stringify(value) ?? String(value)).slice(0, 100)
  return tensorWrong(
    name,
    `value ${at} must be ${en}, and is ${shown}`,
    `la valeur ${at} doit être ${fr}, or elle vaut ${shown}`,
  )
}

function textOf(value: unknown, name: string, at: number): string {
  if (typeof value === 'string' && longIntegerOf(value) === undefined) return value
  throw wrongValue(value, { name, at }, 'a text', 'un texte')
}

/** What a value is as an element; of FP16 its bits. */
function numberOf(value: unknown, place: Place): number {
  switch (place.datatype) {
    case 'FP64':
      return floatOf(value, place)
    case 'FP32':
      return inRange(floatOf(value, place), Math.fround, place)
    case 'FP16':
      return halfBits(inRange(floatOf(value, place), (number) => halfValue(halfBits(number)), place))
    case 'BOOL':
      if (value === true || value === 1) return 1
      if (value === false || value === 0) return 0
      throw wrongValue(value, place, 'true or false', 'true ou false')
    default:
      return Number(wholeOf(value, place))
  }
}

/** A finite number that the type makes infinite is not what was sent. */
function inRange(value: number, rounded: (value: number) => number, place: Place): number {
  if (Number.isFinite(rounded(value)) || !Number.isFinite(value)) return value
  throw wrongValue(value, place, `within the range of ${place.datatype}`, `dans l’intervalle de ${place.datatype}`)
}

/** NaN and the infinities stand as texts, since JSON has no numbers for them. */
const spelt: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}

function floatOf(value: unknown, place: Place): number {
  if (typeof value === 'number') {
    // JSON has no infinity: a number that became one was too large for a double.
    if (Number.isFinite(value)) return value
    throw wrongValue(String(value), place, 'within the range of FP64', 'dans l’intervalle de FP64')
  }
  const long = longIntegerOf(value)
  const found = long !== undefined ? Number(long) : typeof value === 'string' ? spelt[value] : undefined
  if (found === undefined || (long !== undefined && !Number.isFinite(found))) {
    throw wrongValue(value, place, 'a number', 'un nombre')
  }
  return found
}

function wholeOf(value: unknown, place: Place): bigint {
  const { datatype } = place
  const long = longIntegerOf(value)
  const found =
    long !== undefined
      ? // Beyond these digits it is out of any range, and would only take long to read.
        BigInt(long.slice(0, 40))
      : typeof value === 'number' && Number.isInteger(value)
        ? BigInt(value)
        : undefined
  if (found === undefined || !(datatype in ranges)) throw wrongValue(value, place, 'a whole number', 'un nombre entier')
  const [least, greatest] = ranges[datatype as keyof typeof ranges]
  if (found < least || found > greatest) {
    throw wrongValue(value, place, `from ${least} to ${greatest}`, `comprise entre ${least} et ${greatest}`)
  }
  return found
}

/** The bits of the nearest number of 16 bits, ties to even. */
export function halfBits(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0
  const magnitude = Math.abs(value)
  if (Number.isNaN(value)) return sign | 0x7e00
  if (magnitude >= 65520) return sign | 0x7c00
  // Below the normal numbers steps are 2^-24; above, 2^-10 of the power of two.
  const exponent = Math.max(Math.floor(Math.log2(magnitude === 0 ? 2 ** -24 : magnitude)), -14)
  const steps = roundToEven(magnitude / 2 ** (exponent - 10))
  return sign | ((exponent + 14) * 1024 + steps)
}

function roundToEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return Math.round(value)
  return below % 2 === 0 ? below : below + 1
}

export function halfValue(bits: number): number {
  const sign = (bits & 0x8000) === 0 ? 1 : -1
  const exponent = (bits >>> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** The values of a tensor as JSON has them, each as its text, in row-major order. */
export function jsonValues({ datatype, data }: Tensor): readonly string[] {
  if (isTexts(data)) return data.map((text) => JSON.stringify(text))
  const texts: string[] = []
  for (let at = 0; at < data.length; at += 1) {
    const value = data[at] ?? 0
    if (datatype === 'BOOL') texts.push(value === 0 ? 'false' : 'true')
    else if (datatype === 'FP16') texts.push(numberText(halfValue(Number(value))))
    else texts.push(typeof value === 'bigint' ? String(value) : numberText(value))
  }
  return texts
}

/** The same as one text with commas. */
export function jsonText(tensor: Tensor): string {
  const { datatype, data } = tensor
  const isPlain = !isTexts(data) && datatype !== 'BOOL' && datatype !== 'FP16' && isAllFinite(data)
  return isPlain ? data.join(',') : jsonValues(tensor).join(',')
}

function isAllFinite(data: Exclude<TensorData, readonly string[]>): boolean {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return true
  for (let at = 0; at < data.length; at += 1) if (!Number.isFinite(data[at])) return false
  return true
}

export function isTexts(data: TensorData): data is readonly string[] {
  return Array.isArray(data)
}

function numberText(value: number): string {
  return Number.isFinite(value) ? String(value) : `"${value}"`
}
