import type { Job, Run } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { AppLink } from '../../components/app-link.jsx'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { modelFolders } from '../../components/files/file-tree.js'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { paths } from '../../routing/paths.js'
import { AliasPreview } from '../models/alias-preview.jsx'
import { RegisterModel } from '../run/register-model.jsx'
import { isRunning } from '../run/use-run.js'
import { useTrainTexts } from './train-texts.js'

const championAlias = 'champion'

interface TrainingActionsProps {
  readonly project: string
  readonly run: Run
  readonly job: Job | undefined
}

/** What can be done with a training: stop it; of one that ended well register the model, and promote it. */
export function TrainingActions({ run, job }: TrainingActionsProps) {
  if (isRunning(run)) return job === undefined ? null : <StopTraining job={job} />
  if (run.status !== 'FINISHED' || run.is_deleted === true) return null
  const [version] = run.model_versions
  return version === undefined ? <Register run={run} /> : <Promote {...version} />
}

function StopTraining({ job }: { readonly job: Job }) {
  const { run: texts } = useTrainTexts()
  const cancel = useChange(
    () => call('cancelJob', { params: { job: job.id }, body: { reason: '' } }),
    ['jobs', 'run', 'runs'],
  )
  return (
    <>
      <Button
        variant="default"
        leftSection={<Icon name="cross" size={14} />}
        loading={cancel.isPending}
        disabled={job.cancel_requested}
        onClick={() => cancel.mutate(undefined)}
      >
        {job.cancel_requested ? texts.cancelling : texts.cancel}
      </Button>
      {cancel.error !== null && <FailurePanel error={cancel.error} />}
    </>
  )
}

function Register({ run }: { readonly run: Run }) {
  const { run: texts } = useTrainTexts()
  const [isOpen, setOpen] = useState(false)
  const folders = modelFolders(useQuery(queries.artifacts(run.id)).data?.items ?? [])
  if (folders.length === 0) return null
  return (
    <>
      <Button leftSection={<Icon name="models" size={14} />} onClick={() => setOpen(true)}>
        {texts.register}
      </Button>
      {isOpen && <RegisterModel run={run} folders={folders} onClose={() => setOpen(false)} />}
    </>
  )
}

function Promote({ name, version }: { readonly name: string; readonly version: string }) {
  const { run: texts } = useTrainTexts()
  const [isOpen, setOpen] = useState(false)
  const model = useQuery(queries.model(name)).data
  const move = useChange(
    (reason: string) => call('moveAlias', { params: { model: name, alias: championAlias }, body: { version, reason } }),
    ['models', 'endpoints', 'loops', 'status', 'runs', 'run'],
    () => setOpen(false),
  )
  const holder = model?.aliases[championAlias]
  const isChampion = holder === version
  return (
    <>
      <p role="status" className={move.isSuccess ? 'tone-ok' : 'visually-hidden'}>
        {move.isSuccess && isChampion ? texts.promoted(name, version) : ''}
      </p>
      <AppLink to={paths.modelVersion({ model: name, version })} className="button-link">
        {texts.registered(name, version)}
      </AppLink>
      {isChampion && (
        <AppLink to={paths.tryEndpoint({ model: name })} className="button-link">
          {texts.tryIt}
        </AppLink>
      )}
      {model !== undefined && !isChampion && <Button onClick={() => setOpen(true)}>{texts.promote}</Button>}
      {isOpen && model !== undefined && (
        <ConfirmDialog
          title={texts.promoteTitle(name, version)}
          confirmLabel={texts.promote}
          reason={{}}
          isPending={move.isPending}
          error={move.error}
          onConfirm={(reason) => move.mutate(reason)}
          onClose={() => {
            move.reset()
            setOpen(false)
          }}
        >
          <p>
            {texts.promoteText(name, version)}
            {holder !== undefined && ` ${texts.promoteFrom(holder)}`}
          </p>
          <AliasPreview model={model} alias={championAlias} version={version} />
        </ConfirmDialog>
      )}
    </>
  )
}
