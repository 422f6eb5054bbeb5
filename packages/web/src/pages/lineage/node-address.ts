import type { LineageNode } from '@fabrique/contract'
import { type AppPath, paths } from '../../routing/paths.js'

const detailOf = ({ detail }: LineageNode, name: string): string | undefined => {
  const value = detail[name]
  return value === undefined ? undefined : String(value)
}

const runAddress = (project: string | undefined, run: string) =>
  project === undefined ? undefined : paths.run({ project, run })

/** The page of a thing in the lineage, where there is one. */
export function addressOf(node: LineageNode): AppPath | undefined {
  if (node.is_deleted) return undefined
  const { kind, id, project } = node
  const dataset = detailOf(node, 'dataset')
  switch (kind) {
    case 'source':
      return project === undefined || dataset === undefined ? undefined : paths.dataset({ project, dataset })
    case 'snapshot':
      return project === undefined || dataset === undefined
        ? undefined
        : paths.snapshot({ project, dataset, snapshot: id })
    case 'ingest':
      return project === undefined || dataset === undefined ? undefined : paths.ingest({ project, dataset, ingest: id })
    case 'validation':
      return project === undefined || dataset === undefined
        ? undefined
        : paths.validation({ project, dataset, validation: id })
    case 'feature_view': {
      const view = detailOf(node, 'view')
      return project === undefined || view === undefined ? undefined : paths.featureView({ project, view })
    }
    case 'training_set':
      return project === undefined || dataset === undefined
        ? undefined
        : paths.snapshot({ project, dataset, snapshot: id })
    case 'run':
      return runAddress(project ?? detailOf(node, 'experiment'), id)
    case 'model_version': {
      const [model, version] = [detailOf(node, 'model'), detailOf(node, 'version')]
      return model === undefined || version === undefined ? undefined : paths.modelVersion({ model, version })
    }
    case 'endpoint': {
      const model = detailOf(node, 'model') ?? id
      return paths.tryEndpoint({ model })
    }
    default:
      return undefined
  }
}
