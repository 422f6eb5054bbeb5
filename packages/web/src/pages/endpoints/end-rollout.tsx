import type { Rollout } from '@fabrique/contract'
import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

export type EndWay = 'promote' | 'roll_back' | 'end'

interface EndRolloutProps {
  readonly rollout: Rollout
  readonly how: EndWay
  readonly onClose: () => void
}

/** Asks before a roll-out ends, and why. */
export function EndRollout({ rollout, how, onClose }: EndRolloutProps) {
  const { t } = useI18n()
  const words = t.serving.rollouts
  const [name, setName] = useState(rollout.variants.at(-1)?.name ?? '')
  const chosen = rollout.variants.find((variant) => variant.name === name)
  const end = useChange(
    (reason: string) =>
      call('endRollout', {
        params: { rollout: rollout.id },
        body: { how, reason, ...(how === 'promote' ? { variant: name } : {}) },
      }),
    ['rollouts', 'endpoints', 'models'],
    onClose,
  )
  const asked = {
    promote: {
      title: words.promoteTitle(name, chosen?.version ?? ''),
      text: words.promoteText,
      label: words.promote,
    },
    roll_back: { title: words.rollBackTitle, text: words.rollBackText, label: words.rollBack },
    end: { title: words.endTitle, text: words.endText, label: words.end },
  }[how]
  return (
    <ConfirmDialog
      title={asked.title}
      confirmLabel={asked.label}
      reason={{}}
      isPending={end.isPending}
      error={end.error}
      onConfirm={(reason) => end.mutate(reason)}
      onClose={onClose}
    >
      <p>{asked.text}</p>
      {how === 'promote' && (
        <NativeSelect
          label={words.variant}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          data={rollout.variants.map((variant) => ({
            value: variant.name,
            label: `${variant.name}, ${t.common.version(variant.version)}`,
          }))}
        />
      )}
    </ConfirmDialog>
  )
}
