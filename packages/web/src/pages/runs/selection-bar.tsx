import { Button, Tooltip } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client.js'
import { AppLink } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { writeList } from '../../routing/search-lists.js'
import { comparedMax } from '../compare/compared-runs.js'

interface SelectionBarProps {
  readonly project: string
  readonly selected: ReadonlySet<string>
  readonly onClear: () => void
  readonly onDeleted: (ids: ReadonlySet<string>) => void
  readonly onRestored: () => void
}

const batchMax = 1000
const batches = (ids: readonly string[]) =>
  Array.from({ length: Math.ceil(ids.length / batchMax) }, (_, at) => ids.slice(at * batchMax, (at + 1) * batchMax))

/** What can be done with the selected runs. A deletion can be undone from where it was asked for. */
export function SelectionBar({ project, selected, onClear, onDeleted, onRestored }: SelectionBarProps) {
  const { t } = useI18n()
  const [deleted, setDeleted] = useState<ReadonlySet<string>>()
  const remove = useMutation({
    mutationFn: async (ids: ReadonlySet<string>) => {
      for (const run_ids of batches([...ids])) await call('deleteRuns', { body: { run_ids } })
      return ids
    },
    onSuccess: (ids) => {
      setDeleted(ids)
      onDeleted(ids)
      onClear()
    },
  })
  const restore = useMutation({
    mutationFn: async (ids: ReadonlySet<string>) => {
      for (const some of batches([...ids]))
        await call('restoreTrash', { body: { items: some.map((id) => ({ kind: 'run' as const, id })) } })
    },
    onSuccess: () => {
      setDeleted(undefined)
      onRestored()
    },
  })
  const ids = [...selected]
  const canCompare = ids.length >= 2 && ids.length <= comparedMax
  const problem = remove.error ?? restore.error
  if (ids.length === 0 && deleted === undefined && problem === null) return null
  return (
    <section className="selection-bar" aria-label={t.runs.select}>
      {deleted !== undefined && (
        <div className="row" role="status">
          <span>{t.runs.deleted(deleted.size)}</span>
          <Button variant="default" loading={restore.isPending} onClick={() => restore.mutate(deleted)}>
            {t.runs.undo}
          </Button>
          <Button variant="subtle" onClick={() => setDeleted(undefined)}>
            {t.common.close}
          </Button>
        </div>
      )}
      {ids.length > 0 && (
        <div className="row">
          <span role="status">{t.runs.selectedCount(ids.length)}</span>
          {canCompare ? (
            <AppLink
              to={paths.compare({ project })}
              search={{ runs: writeList(ids), baseline: ids[0] }}
              className="button-link button-primary"
            >
              {t.runs.compare}
            </AppLink>
          ) : (
            <Tooltip label={t.runs.compareWhy(comparedMax)}>
              <Button data-disabled aria-disabled onClick={(event) => event.preventDefault()}>
                {t.runs.compare}
              </Button>
            </Tooltip>
          )}
          <Button
            variant="default"
            leftSection={<Icon name="bin" size={14} />}
            loading={remove.isPending}
            onClick={() => remove.mutate(selected)}
          >
            {t.runs.delete}
          </Button>
          <Button variant="subtle" onClick={onClear}>
            {t.runs.clearSelection}
          </Button>
        </div>
      )}
      {problem !== null && <FailurePanel error={problem} />}
    </section>
  )
}
