import type { FeatureSpec } from '@fabrique/contract'
import { Button } from '@mantine/core'
import { type CSSProperties, useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { probabilityOf, type RowOutput, waterfallOf } from './explain-figures.js'
import { type ExplainTexts, useExplainTexts } from './explain-texts.js'
import { signedText, valueText } from './value-text.js'
import './explain.css'

const shownFirst = 10

interface WaterfallProps {
  readonly output: RowOutput
  readonly features: readonly FeatureSpec[]
  /** Name of what is predicted, for an answer without a class. */
  readonly target: string
}

/** From the mean answer to one answer, a bar for what each column added. It is a table, so that it can be heard too. */
export function WaterfallTable({ output, features, target }: WaterfallProps) {
  const { f } = useI18n()
  const texts = useExplainTexts()
  const words = texts.waterfall
  const [showsAll, setShowsAll] = useState(false)
  const { steps, rest, low, high } = waterfallOf(output, showsAll ? output.contributions.length : shownFirst)
  const types = new Map(features.map(({ name, type }) => [name, type]))
  const span = high - low || 1
  const placeOf = (value: number) => `${((value - low) / span) * 100}%`
  const bar = (from: number, to: number): CSSProperties => ({
    left: placeOf(Math.min(from, to)),
    width: `${(Math.abs(to - from) / span) * 100}%`,
  })
  const [first] = steps
  const caption =
    first === undefined || first.contribution === 0
      ? words.captionNone(f.metric(output.value))
      : words.caption({
          base: f.metric(output.base),
          value: f.metric(output.value),
          first: first.column,
          change: signedText(first.contribution, f),
        })
  return (
    <figure className="stack-tight">
      <p className="small muted">{outputText(texts, output, target)}</p>
      <table className="waterfall" style={{ '--base': placeOf(output.base) } as CSSProperties}>
        <caption className="visually-hidden">{words.label}</caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{words.column}</th>
            <th scope="col">{words.bar}</th>
            <th scope="col">{words.change}</th>
          </tr>
        </thead>
        <tbody>
          <tr className="waterfall-end">
            <th scope="row">{words.base}</th>
            <td className="waterfall-track">
              <span className="waterfall-mark" style={{ left: placeOf(output.base) }} />
            </td>
            <td className="number" title={f.exact(output.base)}>
              {f.metric(output.base)}
            </td>
          </tr>
          {steps.map(({ column, value, contribution, standardError, from, to }) => {
            const text = valueText(value, { type: types.get(column), words, f })
            return (
              <tr key={column}>
                <th scope="row" title={`${column} = ${text}`}>
                  <span className="waterfall-column">{column}</span> <span className="muted">= {text}</span>
                </th>
                <td className="waterfall-track">
                  <span className="waterfall-bar" data-negative={contribution < 0 || undefined} style={bar(from, to)} />
                </td>
                <td className="number" title={f.exact(contribution)}>
                  {signedText(contribution, f)}
                  {standardError !== undefined && (
                    <span className="muted small">{` ± ${f.metric(standardError)}`}</span>
                  )}
                </td>
              </tr>
            )
          })}
          {rest !== undefined && (
            <tr>
              <th scope="row">{words.others(rest.count)}</th>
              <td className="waterfall-track">
                <span
                  className="waterfall-bar"
                  data-negative={rest.contribution < 0 || undefined}
                  style={bar(rest.from, rest.from + rest.contribution)}
                />
              </td>
              <td className="number" title={f.exact(rest.contribution)}>
                {signedText(rest.contribution, f)}
              </td>
            </tr>
          )}
          <tr className="waterfall-end">
            <th scope="row">{words.total}</th>
            <td className="waterfall-track">
              <span className="waterfall-mark" style={{ left: placeOf(output.value) }} />
            </td>
            <td className="number" title={f.exact(output.value)}>
              <strong>{f.metric(output.value)}</strong>
            </td>
          </tr>
        </tbody>
      </table>
      <figcaption className="small muted">
        {caption}
        {output.output === 'log_odds' ? `, ${words.chance(f.percent(probabilityOf(output.value)))}` : ''}
      </figcaption>
      {output.contributions.length > shownFirst && (
        <div>
          <Button variant="subtle" size="compact-sm" onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? words.showFewer : words.showAll(output.contributions.length)}
          </Button>
        </div>
      )}
    </figure>
  )
}

/** What the numbers of contributions are in. */
export function outputText(
  texts: ExplainTexts,
  { output, class: name }: Pick<RowOutput, 'output' | 'class'>,
  target: string,
): string {
  return texts.contributions.output[output](name ?? target)
}
