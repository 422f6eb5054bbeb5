import { FabriqueError } from '@fabrique/contract'

/** The alias that predictions follow. */
export const championAlias = 'champion'

/** Refuses aliases that the address form `models:/name/suffix` could not tell from a version. Throws `alias_invalid`. */
export function checkAlias(alias: string): void {
  const valid = /^[\w-]{1,255}$/.test(alias) && !/^v\d+$/i.test(alias) && alias.toLowerCase() !== 'latest'
  if (!valid) throw new FabriqueError('alias_invalid', { alias }, { field: 'alias' })
}
