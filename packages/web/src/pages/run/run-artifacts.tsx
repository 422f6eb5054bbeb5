import type { Run } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type AppPath, paths } from '../../routing/paths.js'
import { ArtifactPanel } from './artifact-panel.jsx'
import { type ArtifactNode, artifactTree } from './artifact-tree.js'
import './run-artifacts.css'

interface RunArtifactsProps {
  readonly project: string
  readonly run: Run
  readonly wanted: string | undefined
}

/** The files of a run as a tree, and the chosen one beside it. */
export function RunArtifacts({ project, run, wanted }: RunArtifactsProps) {
  const { t } = useI18n()
  const query = useQuery(queries.artifacts(run.id))
  const page = paths.runArtifacts({ project, run: run.id })
  return (
    <Load query={query} lines={6}>
      {({ items }) => {
        const chosen = items.find(({ path, is_folder }) => path === wanted && !is_folder)
        return items.length === 0 ? (
          <EmptyState
            title={t.run.noArtifacts}
            text={t.run.noArtifactsText}
            snippets={[{ title: 'Python', code: logArtifactSnippet(run.id) }]}
          />
        ) : (
          <div className="artifacts">
            <nav aria-label={t.run.artifactTree} className="artifact-tree">
              <Branch nodes={artifactTree(items)} page={page} wanted={wanted} />
            </nav>
            <section className="artifact-panel" aria-label={chosen?.path ?? t.run.tabs.artifacts}>
              {chosen === undefined ? (
                <p className="muted">{t.run.chooseArtifact}</p>
              ) : (
                <ArtifactPanel key={chosen.path} run={run.id} entry={chosen} />
              )}
            </section>
          </div>
        )
      }}
    </Load>
  )
}

function Branch({
  nodes,
  page,
  wanted,
}: {
  readonly nodes: readonly ArtifactNode[]
  readonly page: AppPath
  readonly wanted: string | undefined
}) {
  const { f } = useI18n()
  return (
    <ul>
      {nodes.map(({ name, entry, children }) =>
        entry.is_folder ? (
          <li key={entry.path}>
            <details open>
              <summary>
                <Icon name="folder" size={14} />
                {name}
              </summary>
              <Branch nodes={children} page={page} wanted={wanted} />
            </details>
          </li>
        ) : (
          <li key={entry.path}>
            <AppLink
              to={page}
              search={{ path: entry.path }}
              className="artifact-link"
              aria-current={entry.path === wanted ? 'true' : undefined}
              data-current={entry.path === wanted || undefined}
            >
              <Icon name="file" size={14} />
              <span className="artifact-name">{name}</span>
              {entry.bytes !== undefined && <span className="artifact-size">{f.bytes(entry.bytes)}</span>}
            </AppLink>
          </li>
        ),
      )}
    </ul>
  )
}

const logArtifactSnippet = (run: string) => `import mlflow

mlflow.set_tracking_uri("${location.origin}")
with mlflow.start_run(run_id="${run}"):
    mlflow.log_artifact("report.md")`
