import { MlError } from '../ml-error.js'

/** Half of a UTF-16 pair without the other: it cannot be written as UTF-8, so two such names could become one. */
const loneSurrogate = /\p{Surrogate}/u

/**
 * Refuses empty names, names that UTF-8 cannot hold and names that come twice.
 * @param what what the names are of, for the message: `feature`, `class`
 * @throws MlError `invalid_name` or `duplicate_name`
 */
export function assertUniqueNames(what: string, names: readonly string[]): void {
  const seen = new Set<string>()
  for (const [index, name] of names.entries()) {
    if (name === '')
      throw new MlError('invalid_name', `The ${what} at position ${index} has no name: give it one`, { value: name })
    if (loneSurrogate.test(name)) {
      throw new MlError('invalid_name', `The ${what} name ${JSON.stringify(name)} is not valid Unicode: rename it`, {
        value: name,
      })
    }
    if (seen.has(name)) {
      throw new MlError('duplicate_name', `Two of the ${what} names are ${JSON.stringify(name)}: rename one`, {
        value: name,
      })
    }
    seen.add(name)
  }
}
