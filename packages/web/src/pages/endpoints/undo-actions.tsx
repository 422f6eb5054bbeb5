import type { RolloutDetail } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { queries } from '../../api/queries.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { servingQueries } from './serving-queries.js'

/** What takes the end of a roll-out back: the version before a promotion, or the same roll-out once more. */
export function UndoActions({ detail }: { readonly detail: RolloutDetail }) {
  const { t } = useI18n()
  const words = t.serving.rollouts
  const [asked, setAsked] = useState<'again' | 'takeBack'>()
  const champion = useQuery(queries.model(detail.model)).data?.aliases.champion
  const running = useQuery(servingQueries.rollouts(detail.model)).data?.items.find(({ state }) => state === 'running')
  const base = detail.variants.find(({ name }) => name === 'base')?.version
  const close = () => setAsked(undefined)
  const mayTakeBack = detail.state === 'promoted' && base !== undefined && champion !== undefined && champion !== base
  return (
    <>
      {mayTakeBack && <Button onClick={() => setAsked('takeBack')}>{words.takeBack}</Button>}
      {detail.state !== 'promoted' && running === undefined && (
        <Button variant="default" onClick={() => setAsked('again')}>
          {words.again}
        </Button>
      )}
      {asked === 'takeBack' && base !== undefined && <TakeBack model={detail.model} base={base} onClose={close} />}
      {asked === 'again' && <StartAgain detail={detail} onClose={close} />}
    </>
  )
}

interface TakeBackProps {
  readonly model: string
  readonly base: string
  readonly onClose: () => void
}

function TakeBack({ model, base, onClose }: TakeBackProps) {
  const { t } = useI18n()
  const words = t.serving.rollouts
  const move = useChange(
    (reason: string) => call('moveAlias', { params: { model, alias: 'champion' }, body: { version: base, reason } }),
    ['models', 'endpoints', 'rollouts', 'loops'],
    onClose,
  )
  return (
    <ConfirmDialog
      title={words.takeBackTitle(base)}
      confirmLabel={words.takeBack}
      reason={{}}
      isPending={move.isPending}
      error={move.error}
      onConfirm={(reason) => move.mutate(reason)}
      onClose={onClose}
    >
      <p>{words.takeBackText}</p>
    </ConfirmDialog>
  )
}

function StartAgain({
  detail: { model, request },
  onClose,
}: {
  readonly detail: RolloutDetail
  readonly onClose: () => void
}) {
  const { t } = useI18n()
  const words = t.serving.rollouts
  const navigate = useNavigate()
  const start = useChange(
    (reason: string) => call('startRollout', { params: { model }, body: { ...request, reason } }),
    ['rollouts', 'endpoints'],
    ({ id }) => {
      onClose()
      return navigate({ to: paths.rollout({ model, rollout: id }) as never })
    },
  )
  return (
    <ConfirmDialog
      title={words.againTitle}
      confirmLabel={words.again}
      reason={{}}
      isPending={start.isPending}
      error={start.error}
      onConfirm={(reason) => start.mutate(reason)}
      onClose={onClose}
    >
      <p>{words.againText}</p>
    </ConfirmDialog>
  )
}
