import { DataTable } from '../../components/data-table.jsx'
import { Icon } from '../../components/icon.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type Fairness, fourFifths, selectionRange } from './explain-figures.js'
import { useExplainTexts } from './explain-texts.js'

/** Rates by group, and how far the groups are from each other. */
export function FairnessTables({ fairness }: { readonly fairness: readonly Fairness[] }) {
  const words = useExplainTexts().fairness
  const favoured = [...new Set(fairness.map((each) => each.favoured))].join(', ')
  return (
    <section className="stack" aria-labelledby="explain-fairness">
      <div className="stack-tight">
        <h2 id="explain-fairness">{words.title}</h2>
        <p className="muted">{`${words.lead(favoured)}. ${words.note}`}</p>
      </div>
      {fairness.map((table) => (
        <FairnessTable key={table.column} table={table} />
      ))}
    </section>
  )
}

type Group = Fairness['groups'][number]
const rates = [
  ['base_rate', 'base'],
  ['accuracy', 'accuracy'],
  ['precision', 'precision'],
  ['true_positive_rate', 'truePositive'],
  ['false_positive_rate', 'falsePositive'],
] as const

/** How the server names rows without a value. */
const missingGroup = '(missing)'

function FairnessTable({ table }: { readonly table: Fairness }) {
  const { f } = useI18n()
  const words = useExplainTexts().fairness
  const range = selectionRange(table)
  const highest = Math.max(...table.groups.map(({ selection_rate: rate }) => rate ?? 0))
  const ratioOf = ({ selection_rate: rate }: Group) => (rate === null || highest === 0 ? null : rate / highest)
  const groupName = (group: string) => (group === missingGroup ? words.missing : group)
  const show = (rate: number | null) => (rate === null ? '–' : f.percent(rate))
  return (
    <section className="stack-tight" aria-label={words.of(table.column)}>
      <h3>{words.of(table.column)}</h3>
      <p className="explain-note">
        {range === undefined ? (
          words.sentence.unknown
        ) : (
          <>
            <Icon name={range.ratio < fourFifths ? 'warning' : 'check'} />
            <span>
              {words.sentence[range.ratio < fourFifths ? 'apart' : 'fine']({
                low: groupName(range.low),
                high: groupName(range.high),
                ratio: f.decimal(range.ratio),
              })}
            </span>
          </>
        )}
      </p>
      <DataTable
        label={words.of(table.column)}
        rows={table.groups}
        rowKey={({ group }) => group}
        columns={[
          { id: 'group', header: words.group, render: ({ group }) => groupName(group) },
          { id: 'rows', header: words.rows, isNumber: true, render: ({ rows }) => f.integer(rows) },
          {
            id: 'selection',
            header: words.selection,
            isNumber: true,
            render: ({ selection_rate }) => <strong>{show(selection_rate)}</strong>,
          },
          {
            id: 'against',
            header: words.against,
            isNumber: true,
            render: (group) => <Ratio value={ratioOf(group)} />,
          },
          ...rates.map(([rate, word]) => ({
            id: rate,
            header: words[word],
            isNumber: true,
            render: (group: Group) => show(group[rate]),
          })),
        ]}
      />
      <dl className="explain-ratios">
        {(
          [
            [words.parity, table.demographic_parity_ratio, table.demographic_parity_difference],
            [words.odds, table.equalized_odds_ratio, table.equalized_odds_difference],
          ] as const
        ).map(([name, ratio, difference]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Ratio value={ratio} isTold />
              {difference !== null && <span className="muted">{` (${words.difference(f.metric(difference))})`}</span>}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}

/** A ratio; one below four fifths is marked by an icon and words. */
function Ratio({ value, isTold = false }: { readonly value: number | null; readonly isTold?: boolean }) {
  const { f } = useI18n()
  const words = useExplainTexts().fairness
  if (value === null) return isTold ? <span className="muted">{words.unknown}</span> : '–'
  if (value < fourFifths) {
    return (
      <span className="explain-below tone-warning">
        <Icon name="warning" size={14} />
        {`${f.decimal(value)}, ${words.below}`}
      </span>
    )
  }
  return isTold ? `${f.decimal(value)}, ${words.atLeast}` : f.decimal(value)
}
