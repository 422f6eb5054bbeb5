import type { Language } from '@fabrique/contract'
import { Document, stringify } from 'yaml'
import { type AlertRule, alertRules } from './alert-rules.js'
import { flowsDashboard } from './dashboards/flows.js'
import { hostDashboard } from './dashboards/host.js'
import { modelsDashboard } from './dashboards/models.js'
import { servingDashboard } from './dashboards/serving.js'
import { trainingDashboard } from './dashboards/training.js'
import type { Dashboard } from './panel.js'
import { recordingRules } from './recording-rules.js'
import { dataSourceUid, renderDashboard } from './render-dashboard.js'

export interface GrafanaOptions {
  /** Where Grafana finds Prometheus. */
  readonly prometheus: string
  /** Where Prometheus finds Fabrique: `host:port`, of several predictors each. */
  readonly targets: readonly string[]
  /** The file with the key that Prometheus shows, where a server has users. */
  readonly keyFile?: string | undefined
  readonly language: Language
}

export const dashboards: readonly Dashboard[] = [
  servingDashboard,
  modelsDashboard,
  trainingDashboard,
  flowsDashboard,
  hostDashboard,
]

/** Where the packages of Grafana, and its image, look for these files. */
const grafanaFolder = '/etc/grafana'
const folderName = 'Fabrique'
const scrapeSeconds = 5

const yamlOf = (value: unknown, comment?: string): string => {
  const document = new Document(value, { aliasDuplicateObjects: false })
  if (comment !== undefined) document.commentBefore = comment
  return stringify(document, { lineWidth: 0 })
}

/** What Grafana and Prometheus read of a Fabrique: texts by path below the folder that they are written to. */
export function grafanaFiles({ prometheus, targets, keyFile, language }: GrafanaOptions): ReadonlyMap<string, string> {
  return new Map([
    ['grafana/provisioning/datasources/fabrique.yaml', yamlOf(dataSources(prometheus))],
    ['grafana/provisioning/dashboards/fabrique.yaml', yamlOf(dashboardProvider)],
    ['grafana/provisioning/alerting/fabrique.yaml', yamlOf(alerting(language), alertingComment)],
    ...dashboards.map((dashboard): [string, string] => [
      `grafana/dashboards/${dashboard.uid}.json`,
      `${JSON.stringify(renderDashboard(dashboard, language), null, 2)}\n`,
    ]),
    ['prometheus/prometheus.yml', yamlOf(prometheusConfig(targets, keyFile), prometheusComment)],
    ['prometheus/rules/fabrique.yml', rulesText()],
  ])
}

const dataSources = (prometheus: string) => ({
  apiVersion: 1,
  datasources: [
    {
      name: 'Fabrique',
      type: 'prometheus',
      uid: dataSourceUid,
      access: 'proxy',
      url: escaped(prometheus),
      isDefault: true,
      editable: false,
      jsonData: { httpMethod: 'POST', timeInterval: `${scrapeSeconds}s`, manageAlerts: true },
    },
  ],
})

const dashboardProvider = {
  apiVersion: 1,
  providers: [
    {
      name: 'fabrique',
      orgId: 1,
      folder: folderName,
      folderUid: 'fabrique',
      type: 'file',
      disableDeletion: false,
      allowUiUpdates: true,
      updateIntervalSeconds: 30,
      options: { path: `${grafanaFolder}/dashboards`, foldersFromFilesStructure: false },
    },
  ],
}

const alertingComment = ` Rules only: who is told is yours to say, by contact points and notification policies of Grafana.`

const alerting = (language: Language) => ({
  apiVersion: 1,
  groups: [
    {
      orgId: 1,
      name: 'fabrique',
      folder: folderName,
      interval: '30s',
      rules: alertRules.map((rule) => renderAlert(rule, language)),
    },
  ],
})

/** In provisioning files Grafana takes `$NAME` for a variable of its environment; `$$` is the character. */
const escaped = (text: string): string => text.replaceAll('$', '$$$$')

function renderAlert(rule: AlertRule, language: Language): object {
  const { uid, title, summary, advice, expr, is, bound, forMinutes, severity, alarmsWithoutData = false } = rule
  const relativeTimeRange = { from: 600, to: 0 }
  const source = { type: 'prometheus', uid: dataSourceUid }
  return {
    uid,
    title: title[language],
    condition: 'B',
    data: [
      {
        refId: 'A',
        relativeTimeRange,
        datasourceUid: dataSourceUid,
        model: {
          refId: 'A',
          datasource: source,
          editorMode: 'code',
          expr: escaped(expr),
          instant: true,
          range: false,
          intervalMs: 1000,
          maxDataPoints: 43_200,
        },
      },
      {
        refId: 'B',
        relativeTimeRange,
        datasourceUid: '__expr__',
        model: {
          refId: 'B',
          type: 'threshold',
          datasource: { type: '__expr__', uid: '__expr__' },
          expression: 'A',
          conditions: [{ type: 'query', evaluator: { type: is === 'above' ? 'gt' : 'lt', params: [bound] } }],
        },
      },
    ],
    noDataState: alarmsWithoutData ? 'Alerting' : 'OK',
    execErrState: 'Error',
    for: `${forMinutes}m`,
    annotations: { summary: escaped(summary[language]), description: escaped(advice[language]) },
    labels: { severity, product: 'fabrique' },
    isPaused: false,
  }
}

const prometheusComment = [
  ' prometheus --config.file=prometheus.yml',
  ' On a server with users Prometheus needs a key: `fabrique keys add prometheus --scope status.read` makes one; `--key-file` of the export names the file that it is in.',
].join('\n')

const prometheusConfig = (targets: readonly string[], keyFile: string | undefined) => ({
  global: { scrape_interval: `${scrapeSeconds}s`, scrape_timeout: '4s', evaluation_interval: '15s' },
  rule_files: ['rules/fabrique.yml'],
  scrape_configs: [
    {
      job_name: 'fabrique',
      metrics_path: '/metrics',
      ...(keyFile === undefined ? {} : { authorization: { type: 'Bearer', credentials_file: keyFile } }),
      static_configs: [{ targets: [...targets] }],
    },
  ],
})

/** Each rule below its reason. */
function rulesText(): string {
  const document = new Document({
    groups: [{ name: 'fabrique', rules: recordingRules.map(({ record, expr }) => ({ record, expr })) }],
  })
  for (const [index, { why }] of recordingRules.entries()) {
    const rule = document.getIn(['groups', 0, 'rules', index], true)
    if (typeof rule === 'object' && rule !== null) Object.assign(rule, { commentBefore: ` ${why}` })
  }
  return stringify(document, { lineWidth: 0 })
}
