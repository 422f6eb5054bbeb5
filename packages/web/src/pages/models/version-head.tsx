import type { ModelVersion } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { CopyButton } from '../../components/copy-button.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Moment } from '../../components/moment.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { AliasChips } from './alias-chips.jsx'
import { StageWord } from './stage-word.jsx'

interface VersionHeadProps {
  readonly version: ModelVersion
  /** The alias under which this server answers predictions with it. */
  readonly servedAs: string | undefined
}

/** What a version is called and where it comes from. */
export function VersionHead({ version, servedAs }: VersionHeadProps) {
  const { t } = useI18n()
  return (
    <FactRow
      facts={[
        { name: t.models.aliases, value: <AliasChips aliases={version.aliases} /> },
        ...(version.stage === 'None' ? [] : [{ name: t.models.stage, value: <StageWord stage={version.stage} /> }]),
        ...(servedAs === undefined
          ? []
          : [{ name: t.endpoints.title, value: <span className="tone-ok">{t.models.servedAs(`@${servedAs}`)}</span> }]),
        { name: t.models.run, value: version.run_id === undefined ? '–' : <RunLink id={version.run_id} /> },
        ...(version.snapshot_id === undefined
          ? []
          : [{ name: t.models.snapshot, value: <SnapshotLink id={version.snapshot_id} /> }]),
        { name: t.models.created, value: <Moment at={version.created_at} relative={false} /> },
        { name: t.models.createdBy, value: version.created_by },
        {
          name: t.models.uri,
          value: (
            <>
              <code>{`models:/${version.model}/${version.version}`}</code>
              <CopyButton value={`models:/${version.model}/${version.version}`} what={t.models.uri} />
            </>
          ),
        },
      ]}
    />
  )
}

function RunLink({ id }: { readonly id: string }) {
  const run = useQuery(queries.run(id)).data
  if (run === undefined) return id.slice(0, 8)
  return (
    <AppLink to={paths.run({ project: run.tags['fabrique.project'] ?? run.experiment, run: id })}>
      {run.name || id.slice(0, 8)}
    </AppLink>
  )
}

function SnapshotLink({ id }: { readonly id: string }) {
  const snapshot = useQuery(queries.snapshot(id)).data
  if (snapshot === undefined) return id
  return (
    <AppLink to={paths.snapshot({ project: snapshot.project, dataset: snapshot.dataset, snapshot: snapshot.id })}>
      {`${snapshot.dataset} ${snapshot.content_hash.slice(0, 12)}`}
    </AppLink>
  )
}
