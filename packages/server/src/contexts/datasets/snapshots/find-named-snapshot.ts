import { FabriqueError, type Snapshot } from '@fabrique/contract'
import type { VerbContext } from '../../../platform/index.js'
import { getSnapshot } from '../get-snapshot.js'
import { resolveSnapshot } from './resolve-snapshot.js'

/** A snapshot by its id, or as `project/usage@latest`. Throws `invalid_request`, which names the field, and what its verbs throw. */
export async function findNamedSnapshot(ctx: VerbContext, asked: string, field = 'snapshot'): Promise<Snapshot> {
  if (/^snap_[0-9a-z]+$/.test(asked)) return getSnapshot({ ctx, input: { snapshot: asked } })
  const [, project, dataset, ref = 'latest'] = /^([^/@]+)\/([^/@]+)(?:@(.+))?$/s.exec(asked) ?? []
  if (project === undefined || dataset === undefined) {
    const reason = 'name a snapshot by its id, or as PROJECT/DATASET@REF'
    const reason_fr = 'nommez un instantané par son identifiant, ou comme PROJET/JEU@REF'
    throw new FabriqueError('invalid_request', { field, reason, reason_fr }, { field })
  }
  return resolveSnapshot({ ctx, input: { project, dataset, ref } })
}
