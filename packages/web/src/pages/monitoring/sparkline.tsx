import type { MonitorTrends } from '@fabrique/contract'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { sparkDrawing } from './sparkline-path.js'

type Points = MonitorTrends['columns'][number]['points']

const box = { width: 84, height: 20 }
const room = 3

/** The scores of a column in the newest reports, with the threshold of the newest. A report that could not test it is a gap. */
export function Sparkline({ column, points }: { readonly column: string; readonly points: Points | undefined }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  const newest = points?.at(-1)
  // Scores of another method are on another scale.
  const own = (points ?? []).filter(({ method, score }) => score === null || method === newest?.method)
  const known = own.flatMap(({ score }) => (score === null ? [] : [score]))
  const last = known.at(-1)
  if (newest === undefined || last === undefined || known.length < 2)
    return <span className="small muted">{words.noTrend}</span>
  const drawing = sparkDrawing(
    own.map(({ score }) => score),
    newest.threshold ?? undefined,
    box,
  )
  const text = words.trendOf({
    column,
    count: f.integer(known.length),
    low: f.metric(Math.min(...known)),
    high: f.metric(Math.max(...known)),
    last: f.metric(last),
  })
  return (
    <svg
      className="spark"
      width={box.width + 2 * room}
      height={box.height + 2 * room}
      viewBox={`${-room} ${-room} ${box.width + 2 * room} ${box.height + 2 * room}`}
      role="img"
      aria-label={text}
    >
      <title>{text}</title>
      {drawing.threshold !== undefined && (
        <line className="spark-threshold" x1="0" x2={box.width} y1={drawing.threshold} y2={drawing.threshold} />
      )}
      {drawing.lines.map((line) => (
        <path key={line} className="spark-line" d={line} />
      ))}
      {drawing.dots.map(([x, y]) => (
        <circle key={x} className="spark-dot" cx={x} cy={y} r="1.5" />
      ))}
      {drawing.last !== undefined && (
        <circle
          className="spark-last"
          data-drift={newest.drift === true || undefined}
          cx={drawing.last[0]}
          cy={drawing.last[1]}
          r="2.5"
        />
      )}
    </svg>
  )
}
