import { Button, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useDeferredValue, useState } from 'react'
import { call } from '../../api/client.js'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { runState, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { runLabel } from '../runs/run-columns.js'

const listedMax = 8
const runId = /^[0-9a-f]{32}$/

/** Finds a run in any experiment by a part of its name, or by its id; without words, the newest runs. */
export function RunChooser({
  chosen,
  onAdd,
}: {
  readonly chosen: readonly string[]
  readonly onAdd: (id: string) => void
}) {
  const { t } = useI18n()
  const [text, setText] = useState('')
  const wanted = useDeferredValue(text.trim())
  const filter = runId.test(wanted)
    ? `attributes.run_id = '${wanted}'`
    : wanted === ''
      ? ''
      : `attributes.run_name ILIKE '%${wanted.replaceAll("'", "''")}%'`
  const query = useQuery({
    queryKey: ['run-search', 'chooser', filter],
    queryFn: ({ signal }) =>
      call('searchRuns', {
        body: { filter, limit: listedMax + chosen.length, params: 'none', metrics: 'none', tags: 'none' },
        signal,
      }),
    placeholderData: (before) => before,
  })
  return (
    <div className="stack-tight run-chooser">
      <TextInput
        type="search"
        label={t.compare.addRunLabel}
        description={t.compare.addRunHelp}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        data-autofocus
      />
      <Load query={query} lines={4}>
        {({ items }) => {
          const free = items.filter(({ id }) => !chosen.includes(id)).slice(0, listedMax)
          if (free.length === 0) return <p className="muted">{t.runs.noMatch}</p>
          return (
            <ul>
              {free.map((run) => (
                <li key={run.id} className="run-choice">
                  <Button variant="subtle" onClick={() => onAdd(run.id)}>
                    {runLabel(run)}
                  </Button>
                  <span className="small muted">{run.experiment}</span>
                  <StateWord state={runState(run.status)} />
                  <span className="small muted">
                    <Moment at={run.started_at} />
                  </span>
                </li>
              ))}
            </ul>
          )
        }}
      </Load>
    </div>
  )
}
