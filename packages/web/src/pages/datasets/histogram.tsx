import { useI18n } from '../../i18n/use-i18n.jsx'
import { densities, type Spread, shownTop } from './distribution.js'
import { showRounded, showValue } from './show-value.js'
import './histogram.css'

interface HistogramProps {
  readonly profile: Spread
  /** Small ones stand in a table and have no axis. */
  readonly size?: 'small' | 'large'
}

/** How the values of a column are spread: bars of bins, or of the most frequent values. */
export function Histogram({ profile, size = 'small' }: HistogramProps) {
  const { t, f } = useI18n()
  const { histogram, top, name } = profile
  if (histogram !== undefined && histogram.counts.length > 0) {
    const { edges, counts } = histogram
    const most = Math.max(...counts, 1)
    const width = 100 / counts.length
    const text = t.snapshot.histogramOf({
      column: name,
      min: showRounded(edges[0] ?? null, f),
      max: showRounded(edges.at(-1) ?? null, f),
    })
    return (
      <figure className="histogram" data-size={size}>
        <svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={text}>
          {counts.map((count, index) => (
            <rect
              key={String(edges[index])}
              x={index * width + width * 0.04}
              y={40 - (count / most) * 40}
              width={width * 0.92}
              height={(count / most) * 40}
            >
              <title>
                {t.snapshot.bin({
                  from: showRounded(edges[index] ?? null, f),
                  to: showRounded(edges[index + 1] ?? null, f),
                  count: f.integer(count),
                })}
              </title>
            </rect>
          ))}
        </svg>
        {size === 'large' && (
          <figcaption>
            <span>{showRounded(edges[0] ?? null, f)}</span>
            <span>{showRounded(edges.at(-1) ?? null, f)}</span>
          </figcaption>
        )}
      </figure>
    )
  }
  if (top !== undefined && top.length > 0) return <TopValues profile={profile} limit={size === 'small' ? 3 : 10} />
  return <span className="muted">–</span>
}

/** The most frequent values with their share of the rows that have one. */
export function TopValues({ profile, limit }: { readonly profile: Spread; readonly limit: number }) {
  const { f } = useI18n()
  return (
    <ul className="top-values">
      {shownTop(profile, limit).map(({ value, count, share }) => (
        <li key={JSON.stringify(value)}>
          <span className="top-bar" style={{ width: `${share * 100}%` }} />
          <span className="top-value" title={showValue(value, f)}>
            {showValue(value, f)}
          </span>
          <span className="top-share" title={f.integer(count)}>
            {f.percent(share)}
          </span>
        </li>
      ))}
    </ul>
  )
}

/** Two distributions on one scale, as densities: sizes of the snapshots do not matter. */
export function Densities({ base, head }: { readonly base: Spread; readonly head: Spread }) {
  const { t, f } = useI18n()
  const drawn = densities(base, head)
  if (drawn === undefined) {
    return (
      <div className="density-tops">
        <TopValues profile={base} limit={5} />
        <TopValues profile={head} limit={5} />
      </div>
    )
  }
  const show = (edge: number) => (drawn.isTime ? new Date(edge).toISOString().slice(0, 10) : showRounded(edge, f))
  const text = t.snapshot.densitiesOf({ column: head.name, min: show(drawn.min), max: show(drawn.max) })
  return (
    <figure className="histogram" data-size="small">
      <svg viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label={text}>
        <path d={drawn.base} className="density-base" />
        <path d={drawn.head} className="density-head" />
      </svg>
      <figcaption>
        <span>{show(drawn.min)}</span>
        <span>{show(drawn.max)}</span>
      </figcaption>
    </figure>
  )
}
