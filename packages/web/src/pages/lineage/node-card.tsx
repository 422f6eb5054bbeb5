import type { LineageKind, LineageNode } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { Icon, type IconName } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { addressOf } from './node-address.js'
import { labelOf } from './node-label.js'

const icons: Readonly<Record<LineageKind, IconName>> = {
  source: 'file',
  ingest: 'download',
  snapshot: 'datasets',
  validation: 'check',
  feature_view: 'columns',
  training_set: 'table',
  run: 'runs',
  model_version: 'models',
  endpoint: 'endpoints',
  drift_report: 'chart',
}

/** One thing of the lineage: what it is, its name, and the way to its page and to its own lineage. */
export function NodeCard({ node, isStart }: { readonly node: LineageNode; readonly isStart: boolean }) {
  const { t } = useI18n()
  const address = addressOf(node)
  const label = labelOf(node, t)
  const more = node.more.up + node.more.down
  return (
    <div className="lineage-node" data-start={isStart || undefined} data-deleted={node.is_deleted || undefined}>
      <span className="lineage-kind">
        <Icon name={icons[node.kind]} size={14} />
        {t.lineage.kinds[node.kind]}
        {node.is_deleted && <span className="tone-failure"> · {t.lineage.erased}</span>}
        {more > 0 && !isStart && (
          <AppLink to={paths.lineage({ kind: node.kind, id: node.id })} className="lineage-more">
            {t.lineage.more(more)}
          </AppLink>
        )}
      </span>
      <span className="lineage-label" title={label}>
        {address === undefined ? label : <AppLink to={address}>{label}</AppLink>}
      </span>
    </div>
  )
}
