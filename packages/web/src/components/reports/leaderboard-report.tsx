import { useI18n } from '../../i18n/use-i18n.jsx'
import { DataTable } from '../data-table.jsx'
import type { Leaderboard, LeaderboardRow } from './read-reports.js'
import { showParameters } from './show-parameters.js'
import { useReportTexts } from './use-report-texts.js'

const otherMetricsMax = 3

/** What was tried, the best first, and why the others were not. */
export function LeaderboardReport({ leaderboard }: { readonly leaderboard: Leaderboard }) {
  const { f } = useI18n()
  const own = useReportTexts()
  const texts = own.leaderboard
  const { metric, rows } = leaderboard
  const [first] = rows
  const others = Object.keys(first?.metrics ?? {})
    .filter((name) => name !== metric)
    .slice(0, otherMetricsMax)
  const placed = rows.map((row, index) => ({ ...row, place: index + 1 }))
  type Placed = (typeof placed)[number]
  const value = (name: string) => (row: LeaderboardRow) => {
    const number = row.metrics[name]
    return number === undefined ? '–' : <span title={f.exact(number)}>{f.metric(number)}</span>
  }
  const states = own.search.states as Readonly<Record<string, string>>
  return (
    <div className="stack-tight">
      <DataTable<Placed>
        label={texts.title}
        rows={placed}
        rowKey={({ place }) => String(place)}
        isChosen={({ place, state }) => place === 1 && state === 'finished'}
        columns={[
          {
            id: 'place',
            header: texts.place,
            isNumber: true,
            render: ({ place, state }) => (state === 'finished' ? f.integer(place) : '–'),
          },
          {
            id: 'estimator',
            header: texts.estimator,
            render: ({ kind, params }) => (
              <span className="leaderboard-name">
                <code>{kind}</code>
                {Object.keys(params).length > 0 && <span className="small muted">{showParameters(params, f)}</span>}
              </span>
            ),
          },
          { id: metric, header: metric, isNumber: true, render: (row) => <strong>{value(metric)(row)}</strong> },
          ...others.map((name) => ({ id: name, header: name, isNumber: true, render: value(name) })),
          { id: 'seconds', header: texts.seconds, isNumber: true, render: (row) => f.duration(row.seconds * 1000) },
          {
            id: 'state',
            header: own.search.state,
            render: ({ state, reason }) => (
              <span className="leaderboard-name">
                <span className={state === 'failed' ? 'tone-failure' : undefined}>{states[state] ?? state}</span>
                {reason !== undefined && <span className="small muted">{reason}</span>}
              </span>
            ),
          },
        ]}
      />
      {first !== undefined && first.state === 'finished' && (
        <p className="small muted">
          {texts.caption({ best: first.kind, metric, value: f.metric(first.metrics[metric] ?? Number.NaN) })}
        </p>
      )}
    </div>
  )
}
