import type { ReportSide } from '@fabrique/contract'
import { AppLink } from '../../components/app-link.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { type AppPath, paths } from '../../routing/paths.js'

/** What one side of a comparison was, and how many rows of it. */
export function SideWords({ side }: { readonly side: ReportSide | undefined }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  if (side === undefined) return <span className="muted">–</span>
  const {
    what,
    rows,
    model = '',
    version = '',
    dataset = '',
    from,
    until,
    sampled_of: total,
    stands_for: behind,
    scored_rows: scored,
    snapshot_id: snapshot,
  } = side
  const name = {
    training: words.sides.training(model, version),
    profile: words.sides.profile(model, version),
    snapshot: words.sides.snapshot(dataset),
    predictions: words.sides.predictions(model),
    file: words.sides.file,
  }[what]
  const to = sidePath(side)
  return (
    <span className="side-words">
      <span>{to === undefined ? name : <AppLink to={to}>{name}</AppLink>}</span>
      <span className="small muted">
        {snapshot !== undefined && `…${snapshot.slice(-6)}, `}
        {total === undefined ? t.common.rows(rows) : words.sampled(f.integer(rows), f.integer(total))}
        {scored !== undefined && `, ${words.scoredRows(f.integer(scored))}`}
        {behind !== undefined && `, ${words.standsFor(f.integer(behind))}`}
        {from !== undefined && until !== undefined && `, ${words.fromTo(f.moment(from), f.moment(until))}`}
      </span>
    </span>
  )
}

function sidePath({ what, project, dataset, snapshot_id: snapshot, model, version }: ReportSide): AppPath | undefined {
  if (what === 'snapshot' && project !== undefined && dataset !== undefined && snapshot !== undefined)
    return paths.snapshot({ project, dataset, snapshot })
  if (model === undefined) return undefined
  if (what === 'predictions') return paths.endpoint({ model })
  return version === undefined ? paths.model({ model }) : paths.modelVersion({ model, version })
}
