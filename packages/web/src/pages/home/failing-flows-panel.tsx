import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { Moment } from '../../components/moment.jsx'
import { StateWord } from '../../components/state-word.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { failingFlows } from './failing-flows.js'

/** More are on the page of flows. */
const shownMax = 5

/** The flows that need a look. Nothing where there are none. */
export function FailingFlows() {
  const { t } = useI18n()
  const { data } = useQuery(queries.flows())
  const failing = failingFlows(data?.items ?? [])
  if (failing.length === 0) return null
  return (
    <section className="stack-tight" aria-labelledby="failing-title">
      <h2 id="failing-title">{t.home.failingFlows}</h2>
      <ul className="stack-tight">
        {failing.slice(0, shownMax).map(({ flow: { project, name }, run }) => (
          <li key={`${project}/${name}`} className="spread">
            <span>
              <StateWord state="failed" />{' '}
              <AppLink to={paths.flowRun({ project, flow: name, run: run.id })}>
                {project}/{name}
              </AppLink>
            </span>
            <span className="small muted">
              <Moment at={run.scheduled_for} />
            </span>
          </li>
        ))}
      </ul>
      {failing.length > shownMax && (
        <p>
          <AppLink to={paths.flows()}>{t.home.moreFailing(failing.length - shownMax)}</AppLink>
        </p>
      )}
    </section>
  )
}
