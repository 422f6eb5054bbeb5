import type { Snapshot } from '@fabrique/contract'
import { Button, TextInput } from '@mantine/core'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client.js'
import { useChange } from '../../api/use-change.js'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** The tags that point to a snapshot. A tag that is set here leaves the snapshot that had it. */
export function SnapshotTags({ snapshot }: { readonly snapshot: Snapshot }) {
  const { t } = useI18n()
  const { project, dataset, id, tags } = snapshot
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const topics = ['snapshot', 'datasets'] as const
  const set = useChange(
    (tag: string) => call('setSnapshotTag', { params: { project, dataset, tag }, body: { ref: id, reason: '' } }),
    topics,
    () => {
      setText('')
      setOpen(false)
    },
  )
  const remove = useChange((tag: string) => call('deleteSnapshotTag', { params: { project, dataset, tag } }), topics)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (text.trim() !== '') set.mutate(text.trim())
  }
  const error = set.error ?? remove.error
  return (
    <div className="snapshot-tags">
      {tags.map((tag) => (
        <span key={tag} className="tag-chip">
          {tag}
          <button type="button" aria-label={t.snapshot.removeTag(tag)} onClick={() => remove.mutate(tag)}>
            <Icon name="cross" size={10} />
          </button>
        </span>
      ))}
      {isOpen ? (
        <form onSubmit={submit} className="row">
          <TextInput
            aria-label={t.snapshot.newTag}
            placeholder="production"
            value={text}
            data-autofocus
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button type="submit" size="compact-sm" loading={set.isPending}>
            {t.snapshot.setTag}
          </Button>
        </form>
      ) : (
        <Button
          variant="subtle"
          size="compact-sm"
          className={tags.length === 0 ? 'flush-button' : ''}
          onClick={() => setOpen(true)}
        >
          {t.snapshot.addTag}
        </Button>
      )}
      {error !== null && (
        <FailurePanel error={error} onRetry={() => (set.error === null ? remove.reset() : set.reset())} />
      )}
    </div>
  )
}
