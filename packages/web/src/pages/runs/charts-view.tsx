import type { Run } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { useMemo, useState } from 'react'
import { AppLink } from '../../components/app-link.jsx'
import { CursorChannel } from '../../components/charts/cursor-channel.js'
import { LineSwatch } from '../../components/charts/line-chart.jsx'
import { useLineStyles } from '../../components/charts/line-style.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import type { RunsSearch } from '../../routing/search.js'
import { useSearchChange } from '../../routing/use-search-change.js'
import { ChartControls } from './chart-controls.jsx'
import { type ChartSettings, MetricCard } from './metric-card.jsx'
import { metricGroups } from './metric-groups.js'
import { runLabel } from './run-columns.js'
import './charts-view.css'

interface ChartsViewProps {
  readonly runs: readonly Run[]
  readonly total: number
  readonly selected: ReadonlySet<string>
  readonly search: RunsSearch
}

const drawnRunsMax = 20
const cardsStep = 60

/** A card for each metric of the selected runs, else of the first runs in the chosen order. */
export function ChartsView({ runs, total, selected, search }: ChartsViewProps) {
  const { t, f } = useI18n()
  const changeSearch = useSearchChange()
  const [channel] = useState(() => new CursorChannel())
  const [cardsMax, setCardsMax] = useState(cardsStep)
  const chosen = runs.filter(({ id }) => selected.has(id))
  const drawn = (chosen.length > 0 ? chosen : runs).slice(0, drawnRunsMax)
  const styleOf = useLineStyles(drawn.map(({ id }) => id))
  const settings = useSettings(search)
  const groups = metricGroups(drawn, search.find ?? '')
  const cardCount = groups.reduce((sum, { metrics }) => sum + metrics.length, 0)
  const hasMetrics = drawn.some(({ metrics }) => Object.keys(metrics).length > 0)
  const onZoom =
    settings.xKind === 'step'
      ? (from: number, to: number) =>
          changeSearch({ ...search, from: String(Math.floor(from)), to: String(Math.ceil(to)) }, 'push')
      : undefined
  let left = cardsMax
  return (
    <div className="stack">
      <ChartControls search={search} />
      <div className="stack-tight">
        <p className="small muted" role="status">
          {chosen.length > 0
            ? t.runs.selectedRuns(drawn.length)
            : drawn.length < total && t.runs.firstRuns(f.integer(drawn.length), f.integer(total))}
        </p>
        <ul className="chart-legend">
          {drawn.map((run) => (
            <li key={run.id}>
              <LineSwatch style={styleOf(run.id)} />
              <AppLink to={paths.run({ project: run.experiment, run: run.id })}>{runLabel(run)}</AppLink>
            </li>
          ))}
        </ul>
      </div>
      {!hasMetrics && <p>{t.runs.noMetrics}</p>}
      {hasMetrics && cardCount === 0 && <p>{t.runs.noMetricMatches}</p>}
      {groups.map(({ prefix, metrics }) => {
        const shown = metrics.slice(0, Math.max(left, 0))
        left -= shown.length
        return shown.length === 0 ? null : (
          <section key={prefix} className="stack-tight" aria-label={prefix === '' ? t.runs.otherMetrics : prefix}>
            <h2>{prefix === '' ? t.runs.otherMetrics : prefix}</h2>
            <div className="metric-cards">
              {shown.map((metric) => (
                <MetricCard
                  key={metric}
                  metric={metric}
                  runs={drawn}
                  settings={settings}
                  styleOf={styleOf}
                  channel={channel}
                  onZoom={onZoom}
                />
              ))}
            </div>
          </section>
        )
      })}
      {cardCount > cardsMax && (
        <div className="row">
          <span className="muted">{t.runs.metricsShown(f.integer(cardsMax), f.integer(cardCount))}</span>
          <Button variant="default" onClick={() => setCardsMax(cardsMax + cardsStep)}>
            {t.runs.showMore}
          </Button>
        </div>
      )}
    </div>
  )
}

function useSettings({ x, log, smooth, from, to }: RunsSearch): ChartSettings {
  return useMemo(() => {
    const xKind = x ?? 'step'
    const end = (text: string | undefined) => (text === undefined || xKind !== 'step' ? undefined : Number(text))
    return {
      xKind,
      logY: log === '1',
      smoothing: Math.min(Math.max(Number(smooth ?? 0), 0), 0.99),
      from: end(from),
      to: end(to),
    }
  }, [x, log, smooth, from, to])
}
