import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { LoopPanel } from './loop-panel.jsx'

const modelSnippet = `const iris = model('iris', {
  task: 'classification',
  label: flowers.column('species'),
  estimator: randomForest({ nEstimators: 100 }),
})
export default defineProject({ name: 'iris', datasets: [flowers], models: [iris] })`

/** The loops of one project; each project fails alone. */
export function ProjectLoops({ project }: { readonly project: string }) {
  const { t } = useI18n()
  const loops = useQuery(queries.loops(project))
  return (
    <Load query={loops} lines={6}>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState
            title={t.home.noModelsTitle(project)}
            text={t.home.noModels}
            snippets={[{ title: `${project}/fabrique.config.ts`, code: modelSnippet }]}
          />
        ) : (
          items.map((loop) => <LoopPanel key={loop.model} loop={loop} />)
        )
      }
    </Load>
  )
}
