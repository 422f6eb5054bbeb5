/**
 * The one place that knows the address of each page. Patterns are what the router matches; builders fill them in.
 * No link elsewhere is a string literal: `paths.test.ts` lists every page.
 */
export const patterns = {
  home: '/',
  experiments: '/experiments',
  runs: '/p/$project/runs',
  compare: '/p/$project/compare',
  run: '/p/$project/runs/$run',
  runMetrics: '/p/$project/runs/$run/metrics',
  runArtifacts: '/p/$project/runs/$run/artifacts',
  runReports: '/p/$project/runs/$run/reports',
  runReproduce: '/p/$project/runs/$run/reproduce',
  datasets: '/p/$project/datasets',
  dataset: '/p/$project/datasets/$dataset',
  ingest: '/p/$project/datasets/$dataset/ingests/$ingest',
  snapshot: '/p/$project/datasets/$dataset/snapshots/$snapshot',
  snapshotDiff: '/p/$project/datasets/$dataset/snapshots/$snapshot/diff',
  validation: '/p/$project/datasets/$dataset/validations/$validation',
  features: '/p/$project/features',
  featureView: '/p/$project/features/$view',
  featureService: '/p/$project/feature-services/$service',
  lookUp: '/p/$project/look-up',
  train: '/p/$project/train',
  training: '/p/$project/train/$run',
  lineage: '/lineage/$kind/$id',
  flows: '/flows',
  flowWorkers: '/flows/workers',
  flow: '/flows/$project/$flow',
  flowRun: '/flows/$project/$flow/runs/$run',
  jobs: '/jobs',
  models: '/models',
  model: '/models/$model',
  modelVersion: '/models/$model/$version',
  traces: '/traces',
  trace: '/traces/$trace',
  endpoints: '/endpoints',
  endpoint: '/endpoints/$model',
  rollout: '/endpoints/$model/rollouts/$rollout',
  tryEndpoint: '/endpoints/$model/try',
  monitoring: '/monitoring',
  monitor: '/monitoring/$monitor',
  monitorColumn: '/monitoring/$monitor/columns/$column',
  metrics: '/metrics-history',
  trash: '/trash',
  settings: '/settings',
  account: '/settings/account',
  keys: '/settings/keys',
  users: '/settings/users',
  remotes: '/settings/remotes',
  webhooks: '/settings/webhooks',
  about: '/about',
  login: '/login',
} as const

export type PageName = keyof typeof patterns

/** An address inside the application, made by `paths` only. */
export type AppPath = string & { readonly __appPath: true }

type Values<Pattern extends string> = Pattern extends `${string}$${infer Name}/${infer Rest}`
  ? { readonly [Key in Name]: string } & Values<`/${Rest}`>
  : Pattern extends `${string}$${infer Name}`
    ? { readonly [Key in Name]: string }
    : unknown

type Builder<Pattern extends string> =
  unknown extends Values<Pattern> ? () => AppPath : (values: Values<Pattern>) => AppPath

function fill(pattern: string, values: Readonly<Record<string, string>>): AppPath {
  return pattern.replace(/\$(\w+)/g, (_, name: string) => encodeURIComponent(values[name] ?? '')) as AppPath
}

export const paths = Object.fromEntries(
  Object.entries(patterns).map(([name, pattern]) => [
    name,
    (values: Readonly<Record<string, string>> = {}) => fill(pattern, values),
  ]),
) as unknown as { readonly [Name in PageName]: Builder<(typeof patterns)[Name]> }

/** Pages of the server that are not pages of this application. */
export const serverPages = {
  apiDocs: '/docs',
  openApi: '/openapi.json',
  metrics: '/metrics',
  status: '/status',
} as const
