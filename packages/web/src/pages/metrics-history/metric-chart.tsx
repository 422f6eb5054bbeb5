import { Button, Menu } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useRef } from 'react'
import { apiPath } from '../../api/client.js'
import type { CursorChannel } from '../../components/charts/cursor-channel.js'
import { LineChart, LineSwatch } from '../../components/charts/line-chart.jsx'
import { EmptyState } from '../../components/empty-state.jsx'
import { Icon } from '../../components/icon.jsx'
import { Load } from '../../components/load.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { useInSight } from '../runs/use-in-sight.js'
import { linesDrawnMax, linesOf } from './metric-lines.js'
import { type ChartQuestion, metricQueries, type Stretch, timesOf } from './metric-queries.js'

interface MetricChartProps {
  readonly title: string
  readonly question: ChartQuestion
  readonly stretch: Stretch
  readonly channel: CursorChannel
  readonly height?: number
  /** What a value is divided by where it is drawn. */
  readonly unit?: number | undefined
  readonly onZoom: (from: number, to: number) => void
}

/** A metric over time, with its values as CSV. It is read once it is in sight. */
export function MetricChart({ title, question, stretch, channel, height = 180, unit = 1, onZoom }: MetricChartProps) {
  const { t, f } = useI18n()
  const element = useRef<HTMLElement>(null)
  const isInSight = useInSight(element)
  const query = useQuery({ ...metricQueries.lines(question, stretch), enabled: isInSight })
  const { data } = query
  const lines = useMemo(() => (data === undefined ? [] : linesOf(data, unit)), [data, unit])
  const left = (data?.left_out ?? 0) + Math.max(0, (data?.items.length ?? 0) - linesDrawnMax)
  return (
    <article ref={element} className="metric-chart">
      <div className="spread">
        <h2>{title}</h2>
        <MetricExport title={title} question={question} stretch={stretch} />
      </div>
      <Load query={query} lines={5}>
        {({ source, step_s }) =>
          source.state === 'away' ? (
            <EmptyState title={t.metrics.awayTitle} text={t.metrics.awayText(source.reason ?? '')} />
          ) : (
            <>
              {lines.length > 1 && (
                <ul className="metric-legend small">
                  {lines.map((line) => (
                    <li key={line.id}>
                      <LineSwatch style={line.style} />
                      {line.label}
                    </li>
                  ))}
                </ul>
              )}
              <LineChart title={title} xKind="time" height={height} channel={channel} lines={lines} onZoom={onZoom} />
              <p className="small muted">
                {t.metrics.step(f.duration(step_s * 1000))}
                {left > 0 && `. ${t.metrics.leftOutLines(left)}`}
              </p>
            </>
          )
        }
      </Load>
    </article>
  )
}

function MetricExport({ title, question, stretch }: Pick<MetricChartProps, 'title' | 'question' | 'stretch'>) {
  const { t } = useI18n()
  const address = (format: string) => apiPath('exportMetrics', {}, { ...question, ...timesOf(stretch), format })
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="subtle"
          size="compact-sm"
          leftSection={<Icon name="download" size={14} />}
          aria-label={t.metrics.exportOf(title)}
        >
          {t.metrics.export}
        </Button>
      </Menu.Target>
      <Menu.Dropdown aria-label={t.metrics.exportOf(title)}>
        {(['csv', 'csv-fr'] as const).map((format) => (
          <Menu.Item key={format} component="a" href={address(format)} download>
            {format === 'csv' ? t.metrics.csv : t.metrics.csvFrench}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
