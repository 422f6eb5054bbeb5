import { useQuery } from '@tanstack/react-query'
import { AppLink } from '../../components/app-link.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { flowQueries } from './flow-queries.js'
import { stateText } from './flow-state.jsx'
import { shortId } from './short-id.js'

/** The way to a run of which only the id is known; one that was tidied away is its id. */
export function RunLink({ id }: { readonly id: string }) {
  const { t } = useI18n()
  const { data: run } = useQuery(flowQueries.linkedRun(id))
  if (run === undefined) return <code title={id}>{shortId(id)}</code>
  return (
    <AppLink to={paths.flowRun({ project: run.project, flow: run.flow, run: id })} title={id}>
      {run.flow} <code>{shortId(id)}</code>, {stateText(run.state, t)}
    </AppLink>
  )
}
