import type { Explanation } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { type CSSProperties, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { useExplainTexts } from './explain-texts.js'

const shownFirst = 15
/** Within so many standard deviations of 0 a loss may be chance. */
const chanceDeviations = 2

type Importance = NonNullable<Explanation['importance']>[number]

const isChance = ({ mean, deviation }: Importance) => mean - chanceDeviations * deviation <= 0

interface ImportanceBarsProps {
  readonly importance: readonly Importance[]
  readonly metric: string | undefined
  readonly score: number | undefined
}

/** What the score loses without each column, with the deviation over the shuffles. */
export function ImportanceBars({ importance, metric, score }: ImportanceBarsProps) {
  const { f } = useI18n()
  const words = useExplainTexts().importance
  const [showsAll, setShowsAll] = useState(false)
  const shown = showsAll ? importance : importance.slice(0, shownFirst)
  const low = Math.min(0, ...importance.map(({ mean, deviation }) => mean - deviation))
  const high = Math.max(...importance.map(({ mean, deviation }) => mean + deviation), low + Number.MIN_VALUE)
  const placeOf = (value: number) => `${((value - low) / (high - low)) * 100}%`
  const bar = (from: number, to: number): CSSProperties => ({
    left: placeOf(Math.min(from, to)),
    width: `${(Math.abs(to - from) / (high - low)) * 100}%`,
  })
  const none = importance.filter(isChance).length
  return (
    <section className="stack-tight" aria-labelledby="explain-importance">
      <h2 id="explain-importance">{words.title}</h2>
      <p className="muted">
        {metric === undefined || score === undefined ? words.leadNoScore : words.lead(metric, f.metric(score))}
      </p>
      <figure className="stack-tight">
        <table className="waterfall" style={{ '--base': placeOf(0) } as CSSProperties}>
          <caption className="visually-hidden">{words.title}</caption>
          <thead className="visually-hidden">
            <tr>
              <th scope="col">{words.column}</th>
              <th scope="col">{words.whisker}</th>
              <th scope="col">{`${words.mean}, ${words.deviation}`}</th>
              <th scope="col">{words.note}</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((each) => {
              const { column, mean, deviation } = each
              return (
                <tr key={column}>
                  <th scope="row" title={column}>
                    <span className="waterfall-column">{column}</span>
                  </th>
                  <td className="waterfall-track">
                    <span className="waterfall-bar" data-negative={mean < 0 || undefined} style={bar(0, mean)} />
                    {deviation > 0 && (
                      <span className="whisker" style={bar(mean - deviation, mean + deviation)} aria-hidden="true" />
                    )}
                  </td>
                  <td className="number" title={f.exact(mean)}>
                    {f.metric(mean)} <span className="muted small">{`± ${f.metric(deviation)}`}</span>
                  </td>
                  <td className="waterfall-note small muted">{isChance(each) ? words.chance : ''}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
        <figcaption className="small muted">
          {`${words.caption({ first: importance[0]?.column ?? '', none })}. ${words.whisker}.`}
        </figcaption>
        {importance.length > shownFirst && (
          <div>
            <Button variant="subtle" size="compact-sm" onClick={() => setShowsAll(!showsAll)}>
              {showsAll ? words.showFewer : words.showAll(importance.length)}
            </Button>
          </div>
        )}
      </figure>
    </section>
  )
}
