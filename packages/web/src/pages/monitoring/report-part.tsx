import type { MonitorReport, MonitorReportDetail } from '@fabrique/contract'
import { useQuery } from '@tanstack/react-query'
import { apiPath } from '../../api/client.js'
import { AppLink } from '../../components/app-link.jsx'
import { FactRow } from '../../components/facts.jsx'
import { Load } from '../../components/load.jsx'
import { Moment } from '../../components/moment.jsx'
import { MonitorStateWord } from '../../components/monitor-state.jsx'
import { ProblemPanel } from '../../components/problem-panel.jsx'
import { useI18n } from '../../i18n/use-i18n.jsx'
import { paths } from '../../routing/paths.js'
import { ColumnTable } from './column-table.jsx'
import { MetricTable } from './metric-table.jsx'
import { monitoringQueries } from './monitoring-queries.js'
import { MultivariateTable } from './multivariate-table.jsx'
import { ReportActions } from './report-actions.jsx'
import { SegmentTable } from './segment-table.jsx'
import { SideWords } from './side-words.jsx'

/** One report: what was found in a sentence, what was compared, each column, the figures, and what followed. */
export function ReportPart({ id, newest }: { readonly id: string; readonly newest: string | undefined }) {
  const query = useQuery(monitoringQueries.report(id))
  return (
    <Load query={query} lines={10}>
      {(report) => (
        <Report report={report} isNewest={!report.ad_hoc && (newest === undefined || newest === report.id)} />
      )}
    </Load>
  )
}

function Report({ report, isNewest }: { readonly report: MonitorReportDetail; readonly isNewest: boolean }) {
  const { t } = useI18n()
  const words = t.monitoring
  return (
    <div className="stack report">
      {!isNewest && (
        <p className="row">
          <span className="tone-warning">{report.ad_hoc ? words.adHocNote : words.notNewest}</span>
          <AppLink to={paths.monitor({ monitor: report.monitor })}>{words.toNewest}</AppLink>
        </p>
      )}
      <div className="verdict" data-state={report.state}>
        <MonitorStateWord state={report.state} />
        <p>{report.sentence}</p>
      </div>
      {report.error !== undefined && (
        <ProblemPanel message={report.error.message} code={report.error.code} hint={report.error.hint} />
      )}
      <Facts report={report} />
      {report.columns.length > 0 && <ColumnTable report={report} />}
      {report.multivariate !== undefined && <MultivariateTable found={report.multivariate} />}
      {report.metrics.length > 0 && <MetricTable metrics={report.metrics} />}
      {report.segments !== undefined && <SegmentTable found={report.segments} />}
      <ReportActions report={report} />
      <Downloads report={report} />
    </div>
  )
}

function Facts({ report }: { readonly report: MonitorReport }) {
  const { t, f } = useI18n()
  const words = t.monitoring
  return (
    <FactRow
      facts={[
        { name: words.reference, value: <SideWords side={report.reference} /> },
        { name: words.current, value: <SideWords side={report.current} /> },
        {
          name: words.tested,
          value: words.testedOf(f.integer(report.tested), f.integer(report.columns_total)),
        },
        { name: words.mode, value: words.form.modes[report.mode] },
        { name: words.at, value: <Moment at={report.at} /> },
        { name: words.origin, value: `${words.origins[report.origin]} (${report.requested_by})` },
        { name: words.took, value: f.duration(report.duration_ms) },
      ]}
    />
  )
}

/** The same report for other readers. */
function Downloads({ report: { id } }: { readonly report: MonitorReport }) {
  const { t, language } = useI18n()
  const words = t.monitoring
  return (
    <p className="row">
      <span className="muted">{t.common.download}</span>
      <a href={apiPath('getMonitorReportHtml', { report: id }, { language })} download={`${id}.html`}>
        {words.asHtml}
      </a>
      <a href={apiPath('getMonitorReport', { report: id })} download={`${id}.json`}>
        {words.asJson}
      </a>
      <a href={apiPath('getEvidentlyReport', { report: id })} download={`${id}.evidently.json`}>
        {words.asEvidently}
      </a>
    </p>
  )
}
