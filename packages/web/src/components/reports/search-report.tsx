import { Button } from '@mantine/core'
import { useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { DataTable, type TableColumn } from '../data-table.jsx'
import type { SearchReport as Report, SearchTrial } from './read-reports.js'
import { orderTrials } from './report-order.js'
import { showParameter } from './show-parameters.js'
import { useReportTexts } from './use-report-texts.js'

const shownFirst = 10
/** A column for each parameter up to so many. */
const parameterColumnsMax = 6

interface SearchReportProps {
  readonly report: Report
  /** A link to the same trials on parallel axes, where there is one. */
  readonly parallel?: React.ReactNode
}

/** The trials of a search, the best first. */
export function SearchReport({ report, parallel }: SearchReportProps) {
  const { f } = useI18n()
  const own = useReportTexts()
  const texts = own.search
  const [showsAll, setShowsAll] = useState(false)
  const ordered = orderTrials(report)
  const best = report.trials.find(({ number }) => number === report.best)
  const names = [...new Set(report.trials.flatMap(({ parameters }) => Object.keys(parameters)))].slice(
    0,
    parameterColumnsMax,
  )
  const hasShares = report.trials.some(({ resource }) => resource < 1)
  const stateOf = ({ state }: SearchTrial) => (texts.states as Readonly<Record<string, string>>)[state] ?? state
  const columns: TableColumn<SearchTrial>[] = [
    { id: 'number', header: texts.trial, isNumber: true, render: ({ number }) => f.integer(number + 1) },
    {
      id: 'value',
      header: report.metric,
      isNumber: true,
      render: ({ value }) => (value === null ? '–' : <strong title={f.exact(value)}>{f.metric(value)}</strong>),
    },
    ...names.map((name) => ({
      id: `parameters.${name}`,
      header: name,
      isNumber: report.trials.every(({ parameters }) => typeof parameters[name] !== 'string'),
      render: ({ parameters }: SearchTrial) => showParameter(parameters[name], f),
    })),
    ...(hasShares
      ? [
          {
            id: 'resource',
            header: texts.resource,
            isNumber: true,
            render: ({ resource }: SearchTrial) => f.percent(resource),
          },
        ]
      : []),
    {
      id: 'state',
      header: texts.state,
      render: (trial) => (
        <span title={trial.error} className={trial.state === 'failed' ? 'tone-failure' : undefined}>
          {stateOf(trial)}
        </span>
      ),
    },
  ]
  return (
    <div className="stack-tight">
      <DataTable
        label={texts.title}
        rows={showsAll ? ordered : ordered.slice(0, shownFirst)}
        rowKey={({ number }) => String(number)}
        isChosen={({ number }) => number === report.best}
        columns={columns}
      />
      <p className="small muted">
        {best === undefined || best.value === null
          ? texts.noneBest(report.trials.length)
          : texts.caption({
              best: f.integer(best.number + 1),
              metric: report.metric,
              value: f.metric(best.value),
              count: report.trials.length,
            })}
      </p>
      <div className="row">
        {ordered.length > shownFirst && (
          <Button variant="default" size="compact-sm" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? own.showFewer : own.showAll(ordered.length)}
          </Button>
        )}
        {parallel}
      </div>
    </div>
  )
}
