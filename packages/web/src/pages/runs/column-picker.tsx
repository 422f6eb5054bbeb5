import { Button, Checkbox, Popover, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { ColumnGroup, RunColumn } from './run-columns.js'

interface ColumnPickerProps {
  readonly columns: readonly RunColumn[]
  readonly shown: readonly RunColumn[]
  readonly onChoose: (ids: readonly string[]) => void
}

const listedMax = 100

/** Chooses the columns; the choice stands in the address and is kept for the project. */
export function ColumnPicker({ columns, shown, onChoose }: ColumnPickerProps) {
  const { t, f } = useI18n()
  const [wanted, setWanted] = useState('')
  const shownIds = shown.map(({ id }) => id)
  const titles: Readonly<Record<ColumnGroup, string>> = {
    general: t.runs.fixedColumns,
    params: t.runs.params,
    metrics: t.runs.metrics,
  }
  const matching = columns.filter(({ label }) => label.toLowerCase().includes(wanted.trim().toLowerCase()))
  const toggle = (id: string, isShown: boolean) =>
    onChoose(isShown ? [...shownIds, id] : shownIds.filter((other) => other !== id))
  return (
    <Popover position="bottom-end" width={300} trapFocus returnFocus>
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
            {(['general', 'params', 'metrics'] as const).map((group) => {
              const members = matching.filter((column) => column.group === group)
              return members.length === 0 ? null : (
                <fieldset key={group} className="picker-group">
                  <legend>{titles[group]}</legend>
                  {members.slice(0, listedMax).map(({ id, label }) => (
                    <Checkbox
                      key={id}
                      size="xs"
                      label={label}
                      checked={shownIds.includes(id)}
                      disabled={id === 'name'}
                      onChange={(event) => toggle(id, event.currentTarget.checked)}
                    />
                  ))}
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
