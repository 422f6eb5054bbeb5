import { FabriqueError } from '@fabrique/contract'

/** What a value is given by, in the words of both languages. */
export interface GivenBy {
  readonly what: string
  readonly what_fr: string
}

export const byStep = (name: string): GivenBy => ({ what: `step ${name}`, what_fr: `l’étape ${name}` })
export const byFlow: GivenBy = { what: 'the flow', what_fr: 'le flux' }

/** Largest result of a step: it is stored, and handed on with each execution. */
const resultBytesMax = 4 * 1024 * 1024

/**
 * A value as JSON text; nothing becomes null. What JSON would drop or change without a word is refused. Throws `flow_result_not_json`,
 * `flow_result_too_large`.
 */
export function toJsonText(value: unknown, given: GivenBy): string {
  const refuse = (path: string, reason: string, reason_fr: string): never => {
    throw new FabriqueError('flow_result_not_json', { ...given, path: path === '' ? '$' : path, reason, reason_fr })
  }
  check(value, '', [], refuse)
  const text = JSON.stringify(value) ?? 'null'
  const bytes = Buffer.byteLength(text)
  if (bytes <= resultBytesMax) return text
  throw new FabriqueError('flow_result_too_large', { ...given, bytes, limit_bytes: resultBytesMax })
}

type Refuse = (path: string, reason: string, reason_fr: string) => never

/** Lists and objects in one another. */
const depthMax = 500

function check(value: unknown, path: string, above: readonly object[], refuse: Refuse): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return
    case 'number':
      if (!Number.isFinite(value)) refuse(path, `${value} is no JSON number`, `${value} n’est pas un nombre JSON`)
      return
    case 'object':
      if (value !== null) checkObject(value, path, above, refuse)
      return
    default:
      refuse(path, `a ${typeof value} has no JSON`, `le type ${typeof value} n’a pas de JSON`)
  }
}

function checkObject(value: object, path: string, above: readonly object[], refuse: Refuse): void {
  if (above.includes(value)) refuse(path, 'it contains itself', 'la valeur se contient elle-même')
  if (above.length > depthMax) refuse(path, 'it is nested too deeply', 'elle est imbriquée trop profondément')
  const inside = [...above, value]
  if ('toJSON' in value && typeof value.toJSON === 'function') {
    check(value.toJSON(), path, inside, refuse)
    return
  }
  const instead = insteadOf(value)
  if (instead !== undefined) {
    const kind = value.constructor.name
    refuse(path, `a ${kind} has no JSON: ${instead}`, `un objet ${kind} n’a pas de JSON`)
  }
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      check(item, `${path}[${index}]`, inside, refuse)
    })
    return
  }
  for (const [key, member] of Object.entries(value)) check(member, path === '' ? key : `${path}.${key}`, inside, refuse)
}

/** What to give instead of objects that JSON would silently make empty. */
function insteadOf(value: object): string | undefined {
  if (value instanceof Map) return 'give Object.fromEntries(it)'
  if (value instanceof Set) return 'give a list, as [...it]'
  if (value instanceof Promise) return 'await it'
  if (value instanceof Error) return 'throw it, or give its message'
  if (ArrayBuffer.isView(value)) return 'give a list, as Array.from(it)'
  return undefined
}
