import { Button } from '@mantine/core'
import { useState } from 'react'
import { useI18n } from '../../i18n/use-i18n.jsx'
import type { Importance } from './read-reports.js'
import { useReportTexts } from './use-report-texts.js'

const shownFirst = 15

/** What the model goes by: a bar for each feature, the longest first. */
export function ImportanceReport({ importances }: { readonly importances: readonly Importance[] }) {
  const { f } = useI18n()
  const own = useReportTexts()
  const texts = own.importances
  const [showsAll, setShowsAll] = useState(false)
  const shown = showsAll ? importances : importances.slice(0, shownFirst)
  const most = Math.abs(importances[0]?.value ?? 0) || 1
  return (
    <figure className="stack-tight">
      <table className="importance">
        <caption className="visually-hidden">{texts.title}</caption>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{texts.feature}</th>
            <th scope="col">{texts.value}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map(({ name, value }) => (
            <tr key={name}>
              <th scope="row" title={name}>
                {name}
              </th>
              <td>
                <span
                  className="importance-bar"
                  data-negative={value < 0 || undefined}
                  style={{ width: `${(Math.abs(value) / most) * 100}%` }}
                />
              </td>
              <td className="number" title={f.exact(value)}>
                {f.metric(value)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <figcaption className="small muted">
        {texts.caption(importances[0]?.name ?? '', f.integer(importances.length))}
      </figcaption>
      {importances.length > shownFirst && (
        <div>
          <Button variant="default" size="compact-sm" aria-expanded={showsAll} onClick={() => setShowsAll(!showsAll)}>
            {showsAll ? own.showFewer : own.showAll(importances.length)}
          </Button>
        </div>
      )}
    </figure>
  )
}
