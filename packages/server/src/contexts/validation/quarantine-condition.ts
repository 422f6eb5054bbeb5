import { type Expectation, isFabriqueError } from '@fabrique/contract'
import { rowCondition } from './engine/index.js'

/**
 * SQL of the engine that is true for the rows that an expectation sets aside when data is read; undefined where a row alone does not
 * tell. So it is where the expectation cannot be evaluated on these columns: the validation of the snapshot says so.
 */
export function quarantineCondition(
  expectation: Expectation,
  columns: readonly { readonly name: string; readonly type: string }[],
): string | undefined {
  try {
    return rowCondition(expectation, columns)
  } catch (error) {
    if (isFabriqueError(error) && (error.code === 'expectation_invalid' || error.code === 'expectation_unknown'))
      return undefined
    throw error
  }
}
