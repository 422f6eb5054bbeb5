import { seriesStyle } from './series-style.js'

interface LegendEntry {
  readonly name: string
  readonly value?: string
}

/** Names beside a piece of their line, in the order in which they are drawn. */
export function PlotLegend({ entries }: { readonly entries: readonly LegendEntry[] }) {
  return (
    <ul className="plot-legend">
      {entries.map(({ name, value }, index) => (
        <li key={name}>
          <svg width="18" height="8" aria-hidden="true" focusable="false">
            <line x1="0" x2="18" y1="4" y2="4" strokeWidth="2.5" {...seriesStyle(index)} />
          </svg>
          <span className="plot-legend-name">{name}</span>
          {value !== undefined && <span className="number">{value}</span>}
        </li>
      ))}
    </ul>
  )
}
