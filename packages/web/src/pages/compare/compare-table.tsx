import { runState, StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type CompareCell, type CompareRow, deltaOf } from './compare-rows.js'

interface CompareTableProps {
  readonly label: string
  /** What each column is called, the baseline first. */
  readonly names: readonly string[]
  readonly rows: readonly CompareRow[]
  /** What stands where a run lacks the field. */
  readonly missing: string
  /** By column: nothing is known of the run, as it is gone. */
  readonly isGone: readonly boolean[]
  readonly showsDelta?: boolean
}

/** The fields of a section, a row each; what differs from the baseline is marked by weight and a sign, not colour alone. */
export function CompareTable({ label, names, rows, missing, isGone, showsDelta = false }: CompareTableProps) {
  const { t } = useI18n()
  return (
    <table className="table compare-table">
      <caption className="visually-hidden">{label}</caption>
      <thead>
        <tr>
          <th scope="col">{t.compare.field}</th>
          {names.map((name, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two runs may have one name; their places are fixed
            <th key={index} scope="col">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            <th scope="row" title={row.label}>
              {row.label}
            </th>
            {row.cells.map((cell, index) => (
              <td
                // biome-ignore lint/suspicious/noArrayIndexKey: the columns are fixed
                key={index}
                data-label={names[index]}
                data-differs={(row.differs && cell !== undefined && cell.key !== row.cells[0]?.key) || undefined}
              >
                <span>
                  {cell === undefined ? (
                    <span className="muted">{isGone[index] ? '–' : missing}</span>
                  ) : (
                    <Value cell={cell} />
                  )}
                  {showsDelta && index > 0 && <Delta cell={cell} baseline={row.cells[0]} />}
                </span>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

const states = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const

function Value({ cell }: { readonly cell: CompareCell }) {
  const { t, f } = useI18n()
  switch (cell.kind) {
    case 'status': {
      const state = states.find((each) => each === cell.text)
      return state === undefined ? cell.text : <StateWord state={runState(state)} />
    }
    case 'number':
      return <span title={f.exact(cell.number ?? 0)}>{f.metric(cell.number ?? 0)}</span>
    case 'duration':
      return f.duration(cell.number ?? 0)
    case 'moment':
      return (
        <time dateTime={cell.text} title={f.momentUtc(cell.text)}>
          {f.moment(cell.text)}
        </time>
      )
    case 'file':
      return (
        <span title={cell.text === '' ? undefined : t.compare.hashTitle(cell.text)}>
          {f.bytes(cell.number ?? 0)} {cell.text !== '' && <code className="muted">{cell.text.slice(0, 8)}</code>}
        </span>
      )
    case 'text':
      return <span className="compare-text">{cell.text}</span>
  }
}

function Delta({
  cell,
  baseline,
}: {
  readonly cell: CompareCell | undefined
  readonly baseline: CompareCell | undefined
}) {
  const { t, f } = useI18n()
  const delta = deltaOf(cell, baseline)
  if (delta === undefined) return null
  const text = `${delta > 0 ? '+' : '−'}${f.metric(Math.abs(delta))}`
  return (
    <span className="compare-delta" title={t.compare.delta(text)}>
      {text}
    </span>
  )
}
