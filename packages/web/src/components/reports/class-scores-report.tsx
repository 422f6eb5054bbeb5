import { Button } from '@mantine/core'
import { useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { DataTable } from '../data-table.jsx'
import type { ClassScores } from './read-reports.js'
import { useReportTexts } from './use-report-texts.js'

const shownFirst = 12

/** Precision, recall and F1 of each class; of many, the worst first. */
export function ClassScoresReport({ classes }: { readonly classes: readonly ClassScores[] }) {
  const { f } = useI18n()
  const own = useReportTexts()
  const texts = own.classes
  const [showsAll, setShowsAll] = useState(false)
  const isMany = classes.length > shownFirst
  const ordered = isMany ? [...classes].sort((first, second) => first.f1 - second.f1) : classes
  return (
    <div className="stack-tight">
      <DataTable
        label={texts.title}
        rows={showsAll ? ordered : ordered.slice(0, shownFirst)}
        rowKey={({ name }) => name}
        columns={[
          { id: 'class', header: own.classColumn, render: ({ name }) => name },
          { id: 'precision', header: texts.precision, isNumber: true, render: (row) => f.metric(row.precision) },
          { id: 'recall', header: texts.recall, isNumber: true, render: (row) => f.metric(row.recall) },
          { id: 'f1', header: texts.f1, isNumber: true, render: (row) => <strong>{f.metric(row.f1)}</strong> },
          { id: 'support', header: texts.support, isNumber: true, render: (row) => f.integer(row.support) },
        ]}
      />
      {isMany && (
        <div>
          <Button variant="default" size="compact-sm" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? own.showFewer : own.showAll(classes.length)}
          </Button>
        </div>
      )}
    </div>
  )
}
