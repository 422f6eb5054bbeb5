import {
  type Expectation,
  Expectation as ExpectationSchema,
  FabriqueError,
  isFabriqueError,
  parseExpectation,
} from '@fabrique/contract'
import { parseInput } from '../../platform/index.js'
import { fromGxExpectation } from './engine/index.js'

/**
 * The expectations of a suite, each written as we write it or as Great Expectations does, with checked arguments. Throws
 * `expectation_unknown` or `expectation_invalid` with the place in the list as field.
 */
export function parseExpectations(list: readonly object[]): readonly Expectation[] {
  return list.map((given, place) => {
    try {
      return parseExpectation(parseInput(ExpectationSchema, fromGxExpectation(given)))
    } catch (error) {
      if (!isFabriqueError(error)) throw error
      const field = ['expectations', place, error.field].filter((part) => part !== undefined && part !== '').join('.')
      throw new FabriqueError(error.code, error.params as never, { cause: error, field })
    }
  })
}
