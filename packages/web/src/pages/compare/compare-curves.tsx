import { Button } from '@mantine/core'
import { useState } from 'react'
import { CursorChannel } from '../../components/charts/cursor-channel.js'
import type { LineStyle } from '../../components/charts/line-style.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type ChartSettings, MetricCard } from '../runs/metric-card.jsx'
import { isSingleValue, metricGroups } from '../runs/metric-groups.js'
import '../runs/charts-view.css'
import type { ComparedRun } from './use-compared-runs.js'

const settings: ChartSettings = { xKind: 'step', logY: false, smoothing: 0, from: undefined, to: undefined }
const cardsStep = 6

/** The curves of the runs over each other, for each metric that has more than one point. */
export function CompareCurves({
  compared,
  styleOf,
}: {
  readonly compared: readonly ComparedRun[]
  readonly styleOf: (id: string) => LineStyle
}) {
  const { t, f } = useI18n()
  const [channel] = useState(() => new CursorChannel())
  const [cardsMax, setCardsMax] = useState(cardsStep)
  const runs = compared.flatMap(({ run }) => run ?? [])
  const curves = metricGroups(runs, '')
    .flatMap(({ metrics }) => metrics)
    .filter((metric) => !isSingleValue(runs, metric))
  return (
    <section className="stack-tight" aria-label={t.compare.sections.charts}>
      <h2>{t.compare.sections.charts}</h2>
      {curves.length === 0 && <p className="muted">{t.compare.noCurves}</p>}
      <div className="metric-cards">
        {curves.slice(0, cardsMax).map((metric) => (
          <MetricCard
            key={metric}
            metric={metric}
            runs={runs}
            settings={settings}
            styleOf={styleOf}
            channel={channel}
            onZoom={undefined}
          />
        ))}
      </div>
      {curves.length > cardsMax && (
        <div className="row">
          <span className="muted">{t.runs.metricsShown(f.integer(cardsMax), f.integer(curves.length))}</span>
          <Button variant="default" onClick={() => setCardsMax(cardsMax + cardsStep)}>
            {t.runs.showMore}
          </Button>
        </div>
      )}
    </section>
  )
}
