import { Button, Checkbox, Popover } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useLineStyles } from '../../components/charts/line-style.js'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { Page } from '../../components/page.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths, patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { CompareCurves } from './compare-curves.jsx'
import { CompareHead } from './compare-head.jsx'
import { CompareSections } from './compare-sections.jsx'
import { changeCompared, comparedMax, readCompared } from './compared-runs.js'
import { RunChooser } from './run-chooser.jsx'
import { useComparedRuns } from './use-compared-runs.js'
import './compare-page.css'

const route = getRouteApi(patterns.compare)

/** Runs side by side, against a baseline; they may be of several experiments. */
export function ComparePage() {
  const { t } = useI18n()
  const { project } = route.useParams()
  const search = route.useSearch()
  const changeSearch = useSearchChange()
  const { ids } = readCompared(search)
  const compared = useComparedRuns(ids)
  const styleOf = useLineStyles(ids)
  const [isAdding, setAdding] = useState(false)
  const change = (by: Parameters<typeof changeCompared>[1]) => changeSearch({ ...changeCompared(search, by) }, 'push')
  const failure = compared.find(({ error }) => error !== null)?.error
  const crumbs = [
    { label: t.nav.experiments, to: paths.experiments() },
    { label: project, to: paths.runs({ project }) },
  ]
  const chooser = <RunChooser chosen={ids} onAdd={(id) => change({ add: id })} />
  if (ids.length === 0) {
    return (
      <Page title={t.compare.title} crumbs={crumbs}>
        <EmptyState title={t.compare.emptyTitle} text={t.compare.emptyText}>
          {chooser}
        </EmptyState>
      </Page>
    )
  }
  return (
    <Page
      title={t.compare.titleOf(ids.length)}
      crumbs={crumbs}
      actions={
        <Popover position="bottom-end" width={440} trapFocus returnFocus opened={isAdding} onChange={setAdding}>
          <Popover.Target>
            <Button
              variant="default"
              disabled={ids.length >= comparedMax}
              title={ids.length >= comparedMax ? t.compare.limit(comparedMax) : undefined}
              leftSection={<Icon name="runs" size={14} />}
              onClick={() => setAdding(!isAdding)}
            >
              {t.compare.addRun}
            </Button>
          </Popover.Target>
          <Popover.Dropdown aria-label={t.compare.addRun}>{chooser}</Popover.Dropdown>
        </Popover>
      }
    >
      {failure !== undefined && <FailurePanel error={failure} />}
      <CompareHead compared={compared} styleOf={styleOf} onChange={change} />
      <Checkbox
        label={t.compare.onlyDifferences}
        checked={search.all === undefined}
        onChange={(event) => changeSearch({ ...search, all: event.currentTarget.checked ? undefined : '1' })}
      />
      {compared.some(({ isLoading }) => isLoading) ? (
        <SkeletonLines lines={12} />
      ) : (
        <>
          <CompareSections compared={compared} showsAll={search.all === '1'} />
          <CompareCurves compared={compared} styleOf={styleOf} />
        </>
      )}
    </Page>
  )
}
