import type { Run } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { useLive } from '../../app/live-context.jsx'
import { AppLink } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel, ProblemPanel } from '../../components/problem-panel.jsx'
import { useNow } from '../../components/use-now.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { isRunning } from './use-run.js'
import './run-notices.css'

interface RunNoticesProps {
  readonly project: string
  readonly run: Run
  /** When the run was last heard of, in milliseconds since 1970. */
  readonly dataUpdatedAt: number
}

/** What has to be known first: that the run failed, is in the trash, or is still going on. */
export function RunNotices({ project, run, dataUpdatedAt }: RunNoticesProps) {
  const { t } = useI18n()
  const error = run.tags['fabrique.error'] ?? run.tags['mlflow.error']
  return (
    <>
      {run.is_deleted === true && <DeletedNotice run={run} />}
      {run.status === 'FAILED' && (
        <ProblemPanel
          message={error ?? t.run.failed}
          {...(error === undefined ? { hint: t.run.failedHint } : { title: t.run.failed })}
        >
          <p>
            <AppLink to={paths.runArtifacts({ project, run: run.id })}>{t.run.seeArtifacts}</AppLink>
          </p>
        </ProblemPanel>
      )}
      {run.status === 'KILLED' && <p className="tone-warning">{t.run.killed}</p>}
      {isRunning(run) && run.is_deleted !== true && <LiveNotice updatedAt={dataUpdatedAt} />}
    </>
  )
}

/** The undo of a deletion, for as long as the run is in the trash. */
function DeletedNotice({ run }: { readonly run: Run }) {
  const { t } = useI18n()
  const restore = useChange(
    () => call('restoreTrash', { body: { items: [{ kind: 'run', id: run.id }] } }),
    ['run', 'runs', 'trash', 'experiments'],
  )
  return (
    <div className="notice" role="status">
      <Icon name="trash" />
      <p>{t.run.inTrash}</p>
      <Button
        variant="default"
        leftSection={<Icon name="restore" size={14} />}
        loading={restore.isPending}
        onClick={() => restore.mutate(undefined)}
      >
        {t.trash.undo}
      </Button>
      <AppLink to={paths.trash()}>{t.trash.open}</AppLink>
      {restore.error !== null && <FailurePanel error={restore.error} />}
    </div>
  )
}

function LiveNotice({ updatedAt }: { readonly updatedAt: number }) {
  const { t, f } = useI18n()
  const { state, togglePause } = useLive()
  const now = useNow(1000)
  const isPaused = state === 'paused'
  return (
    <div className="run-live small muted">
      <span>{isPaused ? t.run.liveStopped : t.run.liveGoing}</span>
      <span>{t.live.updated(f.ago(new Date(updatedAt).toISOString(), Math.max(now, updatedAt)))}</span>
      <Button
        variant="subtle"
        leftSection={<Icon name={isPaused ? 'play' : 'pause'} size={12} />}
        onClick={togglePause}
      >
        {isPaused ? t.live.resume : t.live.pause}
      </Button>
    </div>
  )
}
