import type { Training } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { mainMetrics } from './metrics.js'
import { metricName, useTrainTexts } from './train-texts.js'

/** The task of a training that does not say it is seen from its metrics. */
export function taskOf({ task, metrics }: Pick<Training, 'task' | 'metrics'>): 'classification' | 'regression' {
  return task ?? ('accuracy' in metrics ? 'classification' : 'regression')
}

/** Metrics in a row of a table. */
const shownMax = 2

/** The metrics that tell most, in a row. */
export function ShortMetrics({ training }: { readonly training: Training }) {
  const { f } = useI18n()
  const texts = useTrainTexts()
  const all = mainMetrics[taskOf(training)].flatMap((metric) => {
    const value = training.metrics[metric]
    return value === undefined ? [] : [{ metric, value }]
  })
  const shown = all.slice(0, shownMax)
  if (shown.length === 0) return <span className="muted">–</span>
  return (
    <ul className="train-short-metrics">
      {shown.map(({ metric, value }) => (
        <li key={metric}>
          <span className="muted">{metricName(texts, metric)}</span>{' '}
          <span title={f.exact(value)}>{f.metric(value)}</span>
        </li>
      ))}
    </ul>
  )
}

/** The version that a training became, with its aliases. */
export function TrainedVersion({ training: { model, version, aliases } }: { readonly training: Training }) {
  const { t } = useI18n()
  if (model === undefined || version === undefined) return <span className="muted">–</span>
  return (
    <>
      <AppLink to={paths.modelVersion({ model, version })}>
        {`${model}, ${t.common.version(version).toLowerCase()}`}
      </AppLink>
      {aliases.map((alias) => (
        <span key={alias} className="alias">
          {' '}
          @{alias}
        </span>
      ))}
    </>
  )
}
