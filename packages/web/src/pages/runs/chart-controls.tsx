import { Button, Checkbox, NativeSelect, TextInput } from '@mantine/core'
import { useId } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type RunsSearch, xAxes } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'

const smoothMax = 0.99

/** How the charts are drawn; all of it in the address. */
export function ChartControls({ search }: { readonly search: RunsSearch }) {
  const { t, f } = useI18n()
  const id = useId()
  const changeSearch = useSearchChange()
  const smoothing = Number(search.smooth ?? 0)
  return (
    <div className="chart-controls">
      <TextInput
        type="search"
        label={t.runs.findMetric}
        value={search.find ?? ''}
        onChange={(event) => changeSearch({ ...search, find: event.currentTarget.value })}
      />
      <NativeSelect
        label={t.runs.xAxis}
        value={search.x ?? 'step'}
        data={(['step', ...xAxes] as const).map((value) => ({ value, label: t.charts.x[value] }))}
        onChange={(event) => {
          const x = xAxes.find((each) => each === event.currentTarget.value)
          changeSearch({ ...search, x, from: undefined, to: undefined })
        }}
      />
      {search.x === undefined && (
        <div className="chart-range">
          <TextInput
            type="number"
            label={t.runs.fromStep}
            value={search.from ?? ''}
            onChange={(event) => changeSearch({ ...search, from: event.currentTarget.value })}
          />
          <TextInput
            type="number"
            label={t.runs.toStep}
            value={search.to ?? ''}
            onChange={(event) => changeSearch({ ...search, to: event.currentTarget.value })}
          />
          {(search.from !== undefined || search.to !== undefined) && (
            <Button
              variant="subtle"
              onClick={() => changeSearch({ ...search, from: undefined, to: undefined }, 'push')}
            >
              {t.runs.wholeRange}
            </Button>
          )}
        </div>
      )}
      <div className="chart-smoothing">
        <label htmlFor={id}>{t.runs.smoothing}</label>
        <span className="row">
          <input
            id={id}
            type="range"
            min="0"
            max={smoothMax}
            step="0.01"
            value={smoothing}
            onChange={(event) => {
              const value = event.currentTarget.value
              changeSearch({ ...search, smooth: Number(value) === 0 ? undefined : value })
            }}
          />
          <output htmlFor={id} className="number">
            {smoothing === 0 ? t.runs.off : f.decimal(smoothing)}
          </output>
        </span>
      </div>
      <Checkbox
        label={t.runs.logY}
        checked={search.log === '1'}
        onChange={(event) => changeSearch({ ...search, log: event.currentTarget.checked ? '1' : undefined })}
      />
    </div>
  )
}
