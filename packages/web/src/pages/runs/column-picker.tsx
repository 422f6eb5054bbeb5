import type { RunColumn as KnownColumn } from '@fabrique/contract'
import { Button, Checkbox, NativeSelect, Popover, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import {
  type Aggregate,
  aggregates,
  type ColumnKind,
  columnKinds,
  generalColumn,
  knownColumn,
  metricColumn,
  type RunColumn,
} from './run-columns.js'

interface ColumnPickerProps {
  readonly known: readonly KnownColumn[]
  readonly shown: readonly RunColumn[]
  readonly onChoose: (ids: readonly string[]) => void
}

interface Choice {
  readonly column: RunColumn
  readonly detail?: string
}

const listedMax = 100
const generalChoices = ['status', 'name', 'started', 'ended', 'duration', 'user', 'id'] as const

/** Chooses the columns, and of metrics the figure; the choice stands in the address and is kept for the experiment. */
export function ColumnPicker({ known, shown, onChoose }: ColumnPickerProps) {
  const { t, f } = useI18n()
  const [wanted, setWanted] = useState('')
  const titles: Readonly<Record<ColumnKind, string>> = {
    general: t.runs.fixedColumns,
    param: t.runs.params,
    metric: t.runs.metrics,
    tag: t.runs.tags,
  }
  const choices: readonly Choice[] = [
    ...generalChoices.map((id) => ({ column: generalColumn(id, t) })),
    ...known.map((column) => ({
      column: knownColumn(column, t),
      detail: column.kind === 'metric' ? t.runs.inRuns(column.run_count) : t.runs.distinct(column.distinct_count),
    })),
  ]
  const matching = choices.filter(({ column }) => column.label.toLowerCase().includes(wanted.trim().toLowerCase()))
  const ids = shown.map(({ id }) => id)
  const shownOf = (column: RunColumn) => shown.find(({ kind, key }) => kind === column.kind && key === column.key)
  const toggle = (column: RunColumn, isShown: boolean) =>
    onChoose(isShown ? [...ids, column.id] : ids.filter((id) => id !== shownOf(column)?.id))
  const chooseFigure = (column: RunColumn, aggregate: Aggregate) =>
    onChoose(ids.map((id) => (id === shownOf(column)?.id ? metricColumn(column.key, aggregate, t).id : id)))
  return (
    <Popover position="bottom-end" width={360} trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<Icon name="columns" size={14} />}>
          {t.runs.columns}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.runs.chooseColumns}>
        <div className="stack-tight">
          <TextInput
            aria-label={t.runs.searchColumns}
            placeholder={t.runs.searchColumns}
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
            data-autofocus
          />
          <div className="picker-list">
            {columnKinds.map((kind) => {
              const members = matching.filter(({ column }) => column.kind === kind)
              return members.length === 0 ? null : (
                <fieldset key={kind} className="picker-group">
                  <legend>{titles[kind]}</legend>
                  {members.slice(0, listedMax).map(({ column, detail }) => {
                    const current = shownOf(column)
                    return (
                      <div key={column.id} className="picker-row">
                        <Checkbox
                          size="xs"
                          label={column.label}
                          checked={current !== undefined}
                          disabled={column.id === 'name'}
                          onChange={(event) => toggle(column, event.currentTarget.checked)}
                        />
                        {kind === 'metric' && current !== undefined ? (
                          <NativeSelect
                            size="xs"
                            className="picker-figure"
                            aria-label={t.runs.figureOf(column.label)}
                            value={current.aggregate}
                            data={aggregates.map((value) => ({ value, label: t.runs.aggregates[value] }))}
                            onChange={(event) => {
                              const chosen = aggregates.find((each) => each === event.currentTarget.value)
                              if (chosen !== undefined) chooseFigure(column, chosen)
                            }}
                          />
                        ) : (
                          <span className="small muted">{detail}</span>
                        )}
                      </div>
                    )
                  })}
                  {members.length > listedMax && (
                    <p className="small muted">{t.common.showingOf(f.integer(listedMax), f.integer(members.length))}</p>
                  )}
                </fieldset>
              )
            })}
          </div>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
