import type { Run } from '@fabrique/contract'
import { apiPath } from '../../api/client.js'
import { Facts } from '../../components/facts.jsx'
import { Snippet } from '../../components/snippet.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** What is needed to get the same run again, and the commands for it. */
export function RunReproduce({ project, run }: { readonly project: string; readonly run: Run }) {
  const { t } = useI18n()
  const model = run.tags['fabrique.model'] ?? run.model_versions[0]?.name
  const isOurs = run.tags['fabrique.project'] !== undefined || run.tags['fabrique.flow_run'] !== undefined
  const known = [
    { name: t.run.fact.code, value: run.tags['mlflow.source.git.commit'] ?? run.tags['fabrique.code_version'] },
    { name: t.run.fact.data, value: run.datasets.map(({ name, digest }) => `${name} ${digest}`).join(', ') },
    { name: t.run.fact.seed, value: run.params.seed ?? run.params.random_state },
    { name: t.run.fact.estimator, value: run.params.estimator },
    { name: t.run.fact.environment, value: run.tags['fabrique.environment'] },
  ].flatMap(({ name, value }) =>
    value === undefined || value === '' ? [] : [{ name, value: <code key={name}>{value}</code> }],
  )
  const cli = ['fabrique loop', project, ...(model === undefined ? [] : [model])].join(' ')
  return (
    <div className="stack" style={{ maxWidth: 720 }}>
      {known.length > 0 && (
        <section className="stack-tight">
          <h2>{t.run.facts}</h2>
          {isOurs && <p className="muted">{t.run.reproduceIntro}</p>}
          <Facts facts={known} />
        </section>
      )}
      {isOurs && <Snippet title={t.run.reproduceCli} code={cli} />}
      <Snippet
        title={t.run.reproducePython}
        code={`import mlflow

mlflow.set_tracking_uri("${location.origin}")
run = mlflow.get_run("${run.id}")
print(run.data.params)
print(run.data.metrics)`}
      />
      <Snippet title={t.run.reproduceApi} code={`curl ${location.origin}${apiPath('getRun', { run: run.id })}`} />
    </div>
  )
}
