import { FabriqueError } from '@fabrique/contract'
import type { SourceScope } from '../../src/contexts/datasets/sources/source-driver.js'
import type { TestContext } from './test-context.js'

/** Where a driver works in a test: private addresses are allowed, the secrets are those given. */
export function testSourceScope(
  context: TestContext,
  more: Partial<SourceScope> & { readonly secrets?: Readonly<Record<string, string>> } = {},
): SourceScope {
  const { secrets = {}, ...rest } = more
  return {
    ctx: context.ctx,
    project: 'shop',
    folder: context.folder,
    dataset: 'usage',
    allowsPrivate: () => true,
    secret(name) {
      const value = secrets[name]
      if (value === undefined) throw new FabriqueError('source_secret_missing', { name })
      return value
    },
    customSource(_project, driver) {
      throw new FabriqueError('source_driver_missing', { driver })
    },
    ...rest,
  }
}
