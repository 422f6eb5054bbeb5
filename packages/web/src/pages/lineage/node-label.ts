import type { LineageNode } from '@fabrique/contract'
import type { Catalogue } from '../../i18n/catalogue.js'

/** What a thing of the lineage is called: its own name; of a validation, how it ended in the language of the reader. */
export function labelOf({ kind, label, detail }: Pick<LineageNode, 'kind' | 'label' | 'detail'>, t: Catalogue): string {
  const { dataset, success } = detail
  if (kind !== 'validation' || typeof dataset !== 'string' || typeof success !== 'boolean') return label
  return `${dataset} · ${success ? t.states.passed : t.states.failed}`
}
