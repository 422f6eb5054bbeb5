import { FabriqueError } from '@fabrique/contract/client'

/** The error of an argument or flag that cannot be meant. */
export function wrongUse(field: string, reason: string): FabriqueError<'invalid_request'> {
  return new FabriqueError('invalid_request', { field, reason }, { field })
}
