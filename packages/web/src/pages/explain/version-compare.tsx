import type { ModelComparison, ModelVersion } from '@fabrique/contract'
import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { queries } from '../../api/queries.js'
import { DataTable } from '../../components/data-table.jsx'
import { Icon } from '../../components/icon.jsx'
import { SkeletonLines } from '../../components/load.jsx'
import { FailurePanel } from '../../components/problem-panel.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { patterns } from '../../routing/paths.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { shellWord } from '../train/training-code.js'
import { explainQueries } from './explain-queries.js'
import { useExplainTexts } from './explain-texts.js'
import { RowsField } from './rows-field.jsx'
import { signedText } from './value-text.js'
import './explain.css'

const route = getRouteApi(patterns.modelVersion)

/** A version beside another one on the same rows: metrics, and whether their difference may be chance. */
export function VersionCompare({ version }: { readonly version: ModelVersion }) {
  const { t } = useI18n()
  const texts = useExplainTexts()
  const words = texts.compare
  const { other: asked, on } = route.useSearch()
  const changeSearch = useSearchChange()
  const model = useQuery(queries.model(version.model))
  const others = (model.data?.versions ?? []).filter((each) => each.version !== version.version)
  const usual = others.find(({ aliases }) => aliases.includes('champion')) ?? others[0]
  const [chosen, choose] = useState<string>()
  const [snapshot, setSnapshot] = useState(on ?? '')
  const other = chosen ?? asked ?? usual?.version ?? ''
  if (model.data === undefined) {
    return model.error === null ? <SkeletonLines lines={6} /> : <FailurePanel error={model.error} />
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    changeSearch({ tab: 'compare', other, on: snapshot.trim() }, 'push')
  }
  const request = {
    first: `${version.model}/${other}`,
    second: `${version.model}/${version.version}`,
    ...(snapshot.trim() === '' ? {} : { snapshot: snapshot.trim() }),
  }
  return (
    <div className="stack" style={{ gap: 32 }}>
      <form className="panel stack" onSubmit={submit} aria-labelledby="compare-title">
        <div className="stack-tight">
          <h2 id="compare-title">{words.title}</h2>
          <p className="muted explain-lead">{words.lead}</p>
        </div>
        {others.length === 0 ? (
          <p>{words.noOther}</p>
        ) : (
          <>
            <div className="explain-fields">
              <NativeSelect
                label={words.other}
                value={other}
                data={others.map(({ version: number, aliases }) => ({
                  value: number,
                  label: words.version(t.common.version(number), aliases.map((alias) => `@${alias}`).join(', ')),
                }))}
                onChange={(event) => choose(event.currentTarget.value)}
              />
              <RowsField
                version={version}
                label={words.rows}
                testRows={words.testRows}
                value={snapshot}
                onChange={setSnapshot}
              />
            </div>
            <div>
              <Button type="submit">{words.start}</Button>
            </div>
            <Snippet
              title={words.command}
              code={[
                `fabrique compare ${shellWord(request.first)} ${shellWord(request.second)}`,
                ...(request.snapshot === undefined ? [] : [`--data ${shellWord(request.snapshot)}`]),
                `--url ${shellWord(location.origin)}`,
              ].join(' ')}
            />
          </>
        )}
      </form>
      {asked !== undefined && <Result key={`${asked} ${on ?? ''}`} version={version} other={asked} snapshot={on} />}
    </div>
  )
}

interface ResultProps {
  readonly version: ModelVersion
  readonly other: string
  readonly snapshot: string | undefined
}

function Result({ version, other, snapshot }: ResultProps) {
  const words = useExplainTexts().compare
  const query = useQuery(
    explainQueries.comparison({
      first: `${version.model}/${other}`,
      second: `${version.model}/${version.version}`,
      ...(snapshot === undefined ? {} : { snapshot }),
    }),
  )
  if (query.error !== null) return <FailurePanel error={query.error} onRetry={() => void query.refetch()} />
  if (query.data === undefined) {
    return (
      <div>
        <p className="muted">{words.busy}</p>
        <SkeletonLines lines={6} />
      </div>
    )
  }
  return <ComparisonView comparison={query.data} />
}

type Metric = ModelComparison['metrics'][number]

function ComparisonView({ comparison }: { readonly comparison: ModelComparison }) {
  const { t, f } = useI18n()
  const words = useExplainTexts().compare
  const { first, second, metrics, rows, seen_by, test } = comparison
  const show = (value: number | null) => (value === null ? '–' : f.metric(value))
  const difference = ({ first: before, second: after }: Metric) =>
    before === null || after === null ? '–' : signedText(after - before, f)
  return (
    <section className="stack" aria-labelledby="comparison-title">
      <div className="stack-tight">
        <h2 id="comparison-title" className="explain-note">
          <Icon name={test.better === 'neither' ? 'dash' : 'check'} />
          <Verdict comparison={comparison} />
        </h2>
        <p className="muted">{words.onRows(rows, words.tests[test.name])}</p>
        <p className="small muted">{words.pHelp}</p>
        {seen_by.length > 0 && (
          <p className="tone-warning explain-note">
            <Icon name="warning" />
            <span>
              {seen_by.length === 2
                ? words.seenBoth
                : words.seen(seen_by[0] === 'first' ? first.version : second.version)}
            </span>
          </p>
        )}
      </div>
      <DataTable
        label={words.title}
        rows={metrics}
        rowKey={({ name }) => name}
        columns={[
          { id: 'metric', header: words.metric, render: (metric) => <MetricName metric={metric} /> },
          {
            id: 'first',
            header: t.common.version(first.version),
            isNumber: true,
            render: (metric) => show(metric.first),
          },
          {
            id: 'second',
            header: t.common.version(second.version),
            isNumber: true,
            render: (metric) => show(metric.second),
          },
          { id: 'difference', header: words.difference, isNumber: true, render: difference },
          {
            id: 'interval',
            header: words.interval,
            isNumber: true,
            render: ({ difference: interval }) =>
              interval === undefined ? '–' : words.between(signedText(interval.low, f), signedText(interval.high, f)),
          },
          { id: 'verdict', header: words.verdict, render: (metric) => <BetterOf metric={metric} /> },
        ]}
      />
      <p className="small muted">{words.intervalHelp}</p>
    </section>
  )
}

function MetricName({ metric: { name, is_higher_better: isHigher } }: { readonly metric: Metric }) {
  const words = useExplainTexts().compare
  return (
    <>
      {name} <span className="small muted">{isHigher ? words.higher : words.lower}</span>
    </>
  )
}

function BetterOf({ metric }: { readonly metric: Metric }) {
  const words = useExplainTexts().compare
  const better = betterOf(metric)
  return better === undefined ? '–' : words.verdicts[better]
}

/** Who is better by a metric; neither where its interval holds 0. Not known where it has none. */
function betterOf({ difference, is_higher_better: isHigher }: Metric): 'first' | 'second' | 'neither' | undefined {
  if (difference === undefined) return undefined
  if (difference.low <= 0 && difference.high >= 0) return 'neither'
  return difference.low > 0 === isHigher ? 'second' : 'first'
}

const pLeast = 0.001

/** What the test says, as a sentence. */
function Verdict({ comparison: { first, second, test } }: { readonly comparison: ModelComparison }) {
  const { f } = useI18n()
  const words = useExplainTexts().compare
  const value = test.p_value
  const p = value < pLeast ? words.pBelow(f.metric(pLeast)) : words.p(value < 0.1 ? f.metric(value) : f.decimal(value))
  if (value === 1 && test.statistic === 0) return words.same
  if (test.better === 'neither') return words.chance(p)
  return words.better({ version: test.better === 'first' ? first.version : second.version, p })
}
