import { ActionIcon, Button, Popover, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../../api/client.js'
import { AppLink } from '../../components/app-link.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { type RunsSearch, runsSearch } from '../../routing/search.js'
import { runsQueries } from './runs-queries.js'

/** What stands after the `?` of a view; the selection of the moment is no part of it. */
export function viewQuery(search: RunsSearch): string {
  const kept = Object.entries(runsSearch(search)).filter(([key, value]) => key !== 'selected' && value !== undefined)
  return new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString()
}

interface SavedViewsProps {
  readonly experiment: { readonly id: string; readonly name: string }
  readonly search: RunsSearch
}

/** The saved views of an experiment: links, so that they can be opened beside each other and sent to others. */
export function SavedViews({ experiment, search }: SavedViewsProps) {
  const { t } = useI18n()
  const [isOpen, setOpen] = useState(false)
  return (
    <Popover position="bottom-end" width={360} trapFocus returnFocus opened={isOpen} onChange={setOpen}>
      <Popover.Target>
        <Button variant="default" leftSection={<Icon name="bookmark" size={14} />} onClick={() => setOpen(!isOpen)}>
          {t.runs.savedViews}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.runs.savedViews}>
        <ViewList experiment={experiment} search={search} onDone={() => setOpen(false)} />
      </Popover.Dropdown>
    </Popover>
  )
}

function ViewList({ experiment, search, onDone }: SavedViewsProps & { readonly onDone: () => void }) {
  const { t } = useI18n()
  const client = useQueryClient()
  const query = useQuery(runsQueries.savedViews(experiment.id))
  const [name, setName] = useState('')
  const refresh = () => client.invalidateQueries({ queryKey: ['saved-views', experiment.id] })
  const save = useMutation({
    mutationFn: (view: string) =>
      call('saveView', { params: { experiment: experiment.id, view }, body: { query: viewQuery(search) } }),
    onSuccess: () => {
      setName('')
      return refresh()
    },
  })
  const remove = useMutation({
    mutationFn: (view: string) => call('deleteView', { params: { experiment: experiment.id, view } }),
    onSuccess: refresh,
  })
  const onSubmit = (event: FormEvent) => {
    event.preventDefault()
    if (name.trim() !== '') save.mutate(name.trim())
  }
  const problem = save.error ?? remove.error
  return (
    <div className="stack-tight">
      <Load query={query} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="small muted">{t.runs.noViews}</p>
          ) : (
            <ul className="view-list">
              {items.map((view) => (
                <li key={view.name}>
                  <AppLink
                    to={paths.runs({ project: experiment.name })}
                    search={runsSearch(Object.fromEntries(new URLSearchParams(view.query)))}
                    onClick={onDone}
                  >
                    {view.name}
                  </AppLink>
                  <ActionIcon
                    variant="subtle"
                    size={24}
                    aria-label={t.runs.deleteView(view.name)}
                    onClick={() => remove.mutate(view.name)}
                  >
                    <Icon name="cross" size={12} />
                  </ActionIcon>
                </li>
              ))}
            </ul>
          )
        }
      </Load>
      <form onSubmit={onSubmit} className="view-form">
        <TextInput
          label={t.runs.saveView}
          placeholder={t.runs.viewName}
          value={name}
          maxLength={200}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button type="submit" loading={save.isPending} disabled={name.trim() === ''}>
          {t.runs.save}
        </Button>
      </form>
      {problem !== null && <FailurePanel error={problem} />}
    </div>
  )
}
