import { useQuery } from '@tanstack/react-query'
import { AppLink } from '../../components/app-link.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { servingQueries } from './serving-queries.js'

/** Where the predictions of a model are as data: the data set of its log, and how much of the log is in it. */
export function PredictionDataLine({ model }: { readonly model: string }) {
  const { t, f } = useI18n()
  const words = t.serving.predictions
  const data = useQuery(servingQueries.predictionData(model)).data?.items[0]
  if (data === undefined) return null
  const {
    project,
    dataset,
    snapshot_id: snapshot,
    first_day: first,
    last_day: last,
    rows,
    waiting_days: waiting,
  } = data
  return (
    <p className="row muted">
      {project !== undefined && dataset !== undefined && snapshot !== undefined && (
        <>
          <span>{words.asData}</span>
          <AppLink to={paths.snapshot({ project, dataset, snapshot })}>{dataset}</AppLink>
          <span>
            {words.dataRows(f.integer(rows))}
            {first !== undefined &&
              last !== undefined &&
              `, ${words.days(f.dayUtc(Date.parse(first)), f.dayUtc(Date.parse(last)))}`}
          </span>
        </>
      )}
      {snapshot !== undefined && waiting > 0 && <span aria-hidden>·</span>}
      {waiting > 0 && <span>{words.waiting(waiting)}</span>}
    </p>
  )
}
