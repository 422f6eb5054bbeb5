import type { Run } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { apiPath, call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { FileBrowser } from '../../components/files/file-browser.jsx'
import { modelFolders } from '../../components/files/file-tree.js'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { RegisterModel } from './register-model.jsx'

interface RunArtifactsProps {
  readonly project: string
  readonly run: Run
  readonly wanted: string | undefined
}

/** The files of a run; a folder that holds a model can be registered from here. */
export function RunArtifacts({ project, run, wanted }: RunArtifactsProps) {
  const { t } = useI18n()
  const query = useQuery(queries.artifacts(run.id))
  const [registering, setRegistering] = useState<string>()
  const remove = useChange(
    (path: string) => call('deleteRunArtifact', { params: { run: run.id }, query: { path } }),
    ['run'],
  )
  return (
    <Load query={query} lines={6}>
      {({ items }) => {
        if (items.length === 0)
          return (
            <EmptyState
              title={t.run.noArtifacts}
              text={t.run.noArtifactsText}
              snippets={[{ title: 'Python', code: logArtifactSnippet(run.id) }]}
            />
          )
        const folders = modelFolders(items)
        return (
          <>
            <FileBrowser
              entries={items}
              wanted={wanted}
              page={paths.runArtifacts({ project, run: run.id })}
              label={t.run.artifactTree}
              addressOf={(path) => apiPath('downloadArtifact', { run: run.id }, { path })}
              uriOf={(path) => `runs:/${run.id}/${path}`}
              {...(run.is_deleted === true ? {} : { onDelete: remove.mutateAsync })}
              folderActions={({ path }) =>
                folders.includes(path) && <Button onClick={() => setRegistering(path)}>{t.run.register}</Button>
              }
            />
            {registering !== undefined && (
              <RegisterModel
                run={run}
                folders={folders}
                folder={registering}
                onClose={() => setRegistering(undefined)}
              />
            )}
          </>
        )
      }}
    </Load>
  )
}

const logArtifactSnippet = (run: string) => `import mlflow

mlflow.set_tracking_uri("${location.origin}")
with mlflow.start_run(run_id="${run}"):
    mlflow.log_artifact("report.md")`
