import type { Run } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { queries } from '../../api/queries.js'
import { AppLink } from '../../components/app-link.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { draftOfRun } from './draft-of-run.js'
import { writeDraft } from './train-draft.js'
import { trainQueries } from './train-queries.js'

interface TrainAgainProps {
  readonly project: string
  readonly run: Run
  readonly label: string
  readonly className?: string
}

/** The form of a training, filled in with what a run did; nothing where the run does not say what it learnt. */
export function TrainAgain({ project, run, label, className }: TrainAgainProps) {
  const { language } = useI18n()
  const estimators = useQuery(trainQueries.estimators(language)).data ?? []
  const draft = draftOfRun(run, estimators)
  if (draft.dataset === '' || draft.target === '') return null
  return (
    <AppLink
      to={paths.train({ project })}
      search={writeDraft(draft)}
      {...(className === undefined ? {} : { className })}
    >
      {label}
    </AppLink>
  )
}

/** The same for the run that made a version of a model. */
export function TrainModel({ run: id }: { readonly run: string }) {
  const { t } = useI18n()
  const run = useQuery(queries.run(id)).data
  const project = run?.tags['fabrique.project']
  if (run === undefined || project === undefined) return null
  return <TrainAgain project={project} run={run} label={t.nav.train} className="button-link" />
}
