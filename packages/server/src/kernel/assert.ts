/** Thrown when an invariant of the program is broken: a bug, never a fault of the client. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure'
}

/** States an invariant; crashes the request when it does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message)
}

/** The value, which the caller knows to be there; `what` names it when it is not. */
export function present<Value>(value: Value | null | undefined, what: string): Value {
  assert(value !== null && value !== undefined, `${what} is missing`)
  return value
}

/** Marks the branch of an exhaustive switch that cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`Unexpected ${JSON.stringify(value)}`)
}
