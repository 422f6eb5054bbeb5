import type { PurgeReply, TrashItem } from '@fabrique/contract'
import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { ConfirmDialog } from '../../components/confirm-dialog.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { purgedCount, readDays } from './selection.js'
import { trashTopics } from './trash-topics.js'

interface PurgeProps {
  readonly onTold: (text: string) => void
  readonly onClose: () => void
}

const defaultDays = '30'

function usePurge({ onTold, onClose }: PurgeProps) {
  const { t, f } = useI18n()
  return useChange(
    (body: {
      readonly items?: { readonly kind: TrashItem['kind']; readonly id: string }[]
      readonly older_than_days?: number
    }) => call('purgeTrash', { body }),
    trashTopics,
    (reply: PurgeReply) => {
      onTold(t.trash.purged(purgedCount(reply), f.bytes(reply.bytes_freed)))
      onClose()
    },
  )
}

/** Erases the chosen things for good, after a word was typed. */
export function PurgeChosen({ items, ...rest }: PurgeProps & { readonly items: readonly TrashItem[] }) {
  const { t, f } = useI18n()
  const purge = usePurge(rest)
  const bytes = items.reduce((sum, item) => sum + item.artifact_bytes, 0)
  const [only] = items
  return (
    <ConfirmDialog
      title={t.trash.purgeTitle(items.length)}
      confirmLabel={t.edit.deleteForGood}
      mustType={items.length === 1 && only !== undefined ? only.name || only.id : t.trash.purgeWord}
      isDangerous
      isPending={purge.isPending}
      error={purge.error}
      onConfirm={() => purge.mutate({ items: items.map(({ kind, id }) => ({ kind, id })) })}
      onClose={rest.onClose}
    >
      <p>{t.trash.purgeText(f.bytes(bytes))}</p>
      <ul className="purge-list">
        {items.slice(0, namedMax).map(({ kind, id, name }) => (
          <li key={`${kind} ${id}`}>{`${t.trash.kindOf[kind]} ${name || id}`}</li>
        ))}
      </ul>
      {items.length > namedMax && <p className="muted">{t.run.more(items.length - namedMax)}</p>}
    </ConfirmDialog>
  )
}

const namedMax = 8

/** Erases everything that was deleted longer ago than some days. */
export function PurgeOld(props: PurgeProps) {
  const { t } = useI18n()
  const purge = usePurge(props)
  const [text, setText] = useState(defaultDays)
  const days = readDays(text)
  return (
    <ConfirmDialog
      title={t.trash.purgeOld}
      confirmLabel={t.edit.deleteForGood}
      mustType={t.trash.purgeWord}
      isDangerous
      isPending={purge.isPending}
      error={purge.error}
      onConfirm={() => days !== undefined && purge.mutate({ older_than_days: days })}
      onClose={props.onClose}
    >
      <p>{t.trash.purgeOldText}</p>
      <TextInput
        label={t.trash.olderThan}
        inputMode="numeric"
        value={text}
        error={days === undefined ? t.tryOut.notNumber : undefined}
        onChange={(event) => setText(event.currentTarget.value)}
        style={{ maxWidth: 240 }}
      />
    </ConfirmDialog>
  )
}
