import { useMemo } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { DataTable } from '../data-table.jsx'
import { ScrollRegion } from '../scroll-region.jsx'
import { shownClassesMax, viewConfusion } from './confusion-view.js'
import type { ConfusionMatrix } from './read-reports.js'
import { useReportTexts } from './use-report-texts.js'

/** From so many classes on, a cell has its count only, and the pairs that are confused most are listed. */
const compactFrom = 9
const pairsMax = 8

/** What was predicted for what: a table with counts and shares, coloured by share of the true class. */
export function ConfusionReport({ matrix }: { readonly matrix: ConfusionMatrix }) {
  const { t, f } = useI18n()
  const texts = useReportTexts().confusion
  const { classes, counts } = matrix
  const view = useMemo(() => viewConfusion(matrix, pairsMax), [matrix])
  const { shown, support, right, total, confused } = view
  const isCompact = shown.length >= compactFrom
  const caption = texts.caption({
    right: f.integer(right),
    total: f.integer(total),
    share: f.percent(total === 0 ? 0 : right / total),
  })
  return (
    <figure className="stack-tight">
      <ScrollRegion label={t.common.tableRegion(texts.title)} className="confusion-region">
        <table className="confusion" data-compact={isCompact || undefined}>
          <caption className="visually-hidden">{`${texts.title}. ${texts.corner}`}</caption>
          <thead>
            <tr>
              <td rowSpan={2} />
              <th scope="colgroup" colSpan={shown.length} className="confusion-axis">
                {texts.predicted}
              </th>
            </tr>
            <tr>
              {shown.map((code) => (
                <th key={code} scope="col" title={classes[code]}>
                  <span>{classes[code]}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((truth) => (
              <tr key={truth}>
                <th scope="row" title={classes[truth]}>
                  <span>{classes[truth]}</span>
                </th>
                {shown.map((predicted) => {
                  const count = counts[truth]?.[predicted] ?? 0
                  const share = count / (support[truth] || 1)
                  const words = {
                    count: f.integer(count),
                    share: f.percent(share),
                    truth: classes[truth] ?? '',
                    predicted: classes[predicted] ?? '',
                  }
                  return (
                    <td
                      key={predicted}
                      title={texts.cell(words)}
                      data-right={truth === predicted || undefined}
                      data-none={count === 0 || undefined}
                    >
                      <span className="confusion-heat" style={{ opacity: share }} />
                      <strong>{f.integer(count)}</strong>
                      {!isCompact && <span className="small">{f.percent(share)}</span>}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollRegion>
      <figcaption className="small muted">
        {`${caption}. ${texts.corner}`}
        {classes.length > shownClassesMax &&
          `. ${texts.frequent(f.integer(shownClassesMax), f.integer(classes.length))}`}
      </figcaption>
      {isCompact && confused.length > 0 && (
        <div className="stack-tight">
          <h3>{texts.pairs}</h3>
          <DataTable
            label={texts.pairs}
            rows={confused}
            rowKey={({ truth, predicted }) => JSON.stringify([truth, predicted])}
            columns={[
              { id: 'truth', header: texts.truth, render: ({ truth }) => truth },
              { id: 'predicted', header: texts.predicted, render: ({ predicted }) => predicted },
              { id: 'count', header: texts.count, isNumber: true, render: ({ count }) => f.integer(count) },
              { id: 'share', header: texts.share, isNumber: true, render: ({ share }) => f.percent(share) },
            ]}
          />
        </div>
      )}
    </figure>
  )
}
