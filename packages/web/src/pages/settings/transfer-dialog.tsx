import type { Remote } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { FormDialog } from '../../components/form-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

export type TransferWay = 'push' | 'pull'

interface TransferDialogProps {
  readonly way: TransferWay
  readonly remote: Remote
  readonly onClose: () => void
}

/** Asks what to send or fetch, and starts the job. */
export function TransferDialog({ way, remote, onClose }: TransferDialogProps) {
  const { t } = useI18n()
  const [project, setProject] = useState('')
  const [dataset, setDataset] = useState('')
  const projects = useQuery(queries.projects()).data?.items ?? []
  const datasets = useQuery({ ...queries.datasets(project), enabled: project !== '' }).data?.items ?? []
  const start = useChange(
    () =>
      call(way === 'push' ? 'pushSnapshots' : 'pullSnapshots', {
        params: { remote: remote.name },
        body: { ...(project === '' ? {} : { project }), ...(dataset === '' ? {} : { dataset }) },
      }),
    ['jobs'],
    onClose,
  )
  const choices = (names: readonly string[]) => [
    { value: '', label: t.remotes.all },
    ...names.map((value) => ({ value, label: value })),
  ]
  return (
    <FormDialog
      title={t.remotes.transferOf[way](remote.name)}
      submitLabel={t.remotes.transfer[way]}
      maySubmit
      isPending={start.isPending}
      error={start.error}
      onSubmit={() => start.mutate(undefined)}
      onClose={onClose}
    >
      <p className="muted">{t.remotes.transferText[way]}</p>
      <NativeSelect
        label={t.remotes.project}
        value={project}
        data={choices(projects.map(({ name }) => name))}
        onChange={(event) => {
          setProject(event.currentTarget.value)
          setDataset('')
        }}
      />
      <NativeSelect
        label={t.remotes.dataset}
        value={dataset}
        disabled={project === ''}
        data={choices(datasets.map(({ name }) => name))}
        onChange={(event) => setDataset(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
