import type { FeatureView, LineageKind, LineageNode } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { Facts } from '../../components/facts.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { addressOf } from '../lineage/node-address.js'
import { ServiceLinks } from './view-list.jsx'

/** Who uses a version of a view: services by their declaration, training sets and models by the lineage. */
export function ViewConsumers({ view }: { readonly view: FeatureView }) {
  const { t } = useI18n()
  const words = t.features.view
  const { project, services, name, version } = view
  const query = useQuery(queries.lineage('feature_view', `${project}/${name}/${version}`, 'down'))
  const nodes = (kind: LineageKind) => query.data?.nodes.filter((node) => node.kind === kind) ?? []
  const [sets, models] = [nodes('training_set'), nodes('model_version')]
  const isUnused = services.length === 0 && sets.length === 0 && models.length === 0
  return (
    <section className="stack-tight" aria-labelledby="view-consumers">
      <h2 id="view-consumers">{words.usedBy}</h2>
      {isUnused && query.data !== undefined ? (
        <p className="muted">{words.usedByNone}</p>
      ) : (
        <Facts
          facts={[
            { name: t.features.services, value: <ServiceLinks project={project} services={services} /> },
            { name: words.trainingSets, value: <Nodes nodes={sets} /> },
            { name: words.models, value: <Nodes nodes={models} /> },
          ]}
        />
      )}
    </section>
  )
}

const shownMax = 12

function Nodes({ nodes }: { readonly nodes: readonly LineageNode[] }) {
  const { t, f } = useI18n()
  if (nodes.length === 0) return <span className="muted">–</span>
  return (
    <ul className="inline-list">
      {nodes.slice(0, shownMax).map((node) => {
        const address = addressOf(node)
        return (
          <li key={node.id}>{address === undefined ? node.label : <AppLink to={address}>{node.label}</AppLink>}</li>
        )
      })}
      {nodes.length > shownMax && (
        <li className="muted">{t.common.showingOf(f.integer(shownMax), f.integer(nodes.length))}</li>
      )}
    </ul>
  )
}
