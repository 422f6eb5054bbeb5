import type { FlowRun } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'
import { shortId } from './short-id.js'

/** Why a run exists, in words. */
export function originText(
  { origin, origin_of: of, requested_by: by }: Pick<FlowRun, 'origin' | 'origin_of' | 'requested_by'>,
  t: Pick<Catalogue, 'flows' | 'common'>,
): string {
  const kind = t.flows.origins[origin]
  if (origin === 'manual') return by === '' ? kind : `${kind}, ${t.common.by(by)}`
  if (of === undefined) return kind
  return t.common.labelled(kind, origin === 'flow' || origin === 'retry' ? shortId(of) : of)
}
