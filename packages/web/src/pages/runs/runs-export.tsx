import { everyRun } from '../../api/queries.js'
import { ExportMenu } from '../../components/export/export-menu.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'

/** Every run with every parameter, metric and tag, whatever the table shows. */
export function RunsExport({ project, total }: { readonly project: string; readonly total: number | undefined }) {
  const { t } = useI18n()
  const load = async () => {
    const runs = await everyRun(project)
    const names = (of: (run: (typeof runs)[number]) => object) =>
      [...new Set(runs.flatMap((run) => Object.keys(of(run))))].sort()
    const params = names((run) => run.params)
    const metrics = names((run) => run.metrics)
    const tags = names((run) => run.tags)
    return {
      header: [
        ...['run_id', 'name', 'status', 'started_at', 'ended_at', 'duration_ms', 'user', 'datasets', 'model_versions'],
        ...params.map((name) => `params.${name}`),
        ...metrics.map((name) => `metrics.${name}`),
        ...tags.map((name) => `tags.${name}`),
      ],
      rows: runs.map((run) => [
        run.id,
        run.name,
        run.status,
        run.started_at,
        run.ended_at,
        run.duration_ms,
        run.user,
        run.datasets.map(({ name, digest }) => `${name}@${digest}`).join(' '),
        run.model_versions.map(({ name, version }) => `${name}/${version}`).join(' '),
        ...params.map((name) => run.params[name]),
        ...metrics.map((name) => run.metrics[name]?.value),
        ...tags.map((name) => run.tags[name]),
      ]),
      items: runs,
    }
  }
  const note = total === undefined ? t.runs.exportNoteUnknown : t.runs.exportNote(total)
  return <ExportMenu fileName={`runs-${project}`} note={note} load={load} />
}
