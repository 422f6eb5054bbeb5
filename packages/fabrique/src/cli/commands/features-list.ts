import { type FeatureView, type Language, routes } from '@fabrique/contract'
import pc from 'picocolors'
import { type ApiClient, apiClient } from '../../client/index.js'
import { featureMessages } from '../feature-messages.js'
import { printJson } from '../print-json.js'
import { type AskFlags, serverUrl } from '../server-url.js'
import { table } from '../table.js'
import { terminalLanguage } from '../terminal-language.js'
import { wrongUse } from '../wrong-use.js'

/** Lists entities, views and services of one project or of all. */
export async function featuresLs(project: string | undefined, flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const projects =
    project === undefined ? (await client.call(routes.listProjects)).items.map(({ name }) => name) : [project]
  const found = []
  for (const name of projects) found.push(await featuresOf(client, name))
  if (flags.json === true) printJson(project === undefined ? found : found[0])
  else process.stdout.write(describeAll(found, language))
}

async function featuresOf(client: ApiClient, project: string) {
  const params = { project }
  const all = async <Item>(
    page: (token: string | undefined) => Promise<{ items: Item[]; next_page_token?: string | undefined }>,
  ) => {
    const items: Item[] = []
    let token: string | undefined
    do {
      const reply = await page(token)
      items.push(...reply.items)
      token = reply.next_page_token
    } while (token !== undefined)
    return items
  }
  const query = (token: string | undefined) => ({ limit: 1000, ...(token === undefined ? {} : { page_token: token }) })
  return {
    project,
    entities: await all((token) => client.call(routes.listEntities, { params, query: query(token) })),
    feature_views: await all((token) => client.call(routes.listFeatureViews, { params, query: query(token) })),
    feature_services: await all((token) => client.call(routes.listFeatureServices, { params, query: query(token) })),
  }
}

type Texts = ReturnType<typeof featureMessages>
type Found = Awaited<ReturnType<typeof featuresOf>>

function describeAll(found: readonly Found[], language: Language): string {
  const texts = featureMessages(language)
  const views = found.flatMap(({ feature_views }) => feature_views)
  const services = found.flatMap(({ feature_services }) => feature_services)
  const entities = found.flatMap((one) => one.entities)
  if (views.length + services.length + entities.length === 0) return `${texts.nothing}\n`
  const entityRows = entities.map(({ project, definition, views: own }) => [
    project,
    definition.name,
    definition.keys.map(({ name }) => name).join(', '),
    own.join(', '),
  ])
  const viewRows = views.map(({ project, name, version, definition, features }) => [
    project,
    name,
    String(version),
    definition.entities.join(', '),
    String(features.length),
    sourceOf(definition),
    definition.owner ?? '',
  ])
  const serviceRows = services.map(({ project, name, version, views: pinned }) => [
    project,
    name,
    String(version),
    pinned.map(({ view, version: pinnedVersion }) => `${view}@${pinnedVersion}`).join(', '),
  ])
  const header = [texts.project, texts.view, texts.version, texts.entities, texts.features, texts.source, texts.owner]
  return [
    ...(entityRows.length === 0 ? [] : [table([texts.project, texts.entity, texts.keys, texts.views], entityRows)]),
    ...(viewRows.length === 0 ? [] : [table(header, viewRows, [2, 4])]),
    ...(serviceRows.length === 0
      ? []
      : [table([texts.project, texts.service, texts.version, texts.views], serviceRows, [2])]),
  ].join('\n')
}

function sourceOf({ source }: FeatureView['definition']): string {
  return source.kind === 'dataset' ? source.dataset : `SQL: ${source.datasets.join(', ')}`
}

/** Shows one view, `PROJECT/VIEW` or `PROJECT/VIEW@VERSION`. */
export async function featuresShow(text: string, flags: AskFlags): Promise<void> {
  const language = terminalLanguage(flags.lang, process.env)
  const client = apiClient({ url: serverUrl(flags), language })
  const [, project, view, version] = /^([^/@\s]+)\/([^/@\s]+?)(?:@(\d{1,9}))?$/.exec(text) ?? []
  if (project === undefined || view === undefined) throw wrongUse(text, featureMessages(language).viewExpected)
  const found = await client.call(routes.getFeatureView, {
    params: { project, view },
    query: version === undefined ? {} : { version: Number(version) },
  })
  if (flags.json === true) printJson(found)
  else process.stdout.write(describeView(found, language))
}

function describeView(view: FeatureView, language: Language): string {
  const texts = featureMessages(language)
  const { definition, keys, features, services } = view
  const facts: (readonly [string, string])[] = [
    [texts.source, sourceOf(definition)],
    [texts.entities, definition.entities.join(', ')],
    [texts.keys, keys.map(({ name, type }) => (type === undefined ? name : `${name} (${type})`)).join(', ')],
    [texts.time, definition.time],
    ...(definition.created === undefined ? [] : [[texts.created, definition.created] as const]),
    [texts.ttl, definition.ttl_seconds === null ? texts.none : durationOf(definition.ttl_seconds)],
    ...(definition.owner === undefined ? [] : [[texts.owner, definition.owner] as const]),
    ...(definition.schedule === undefined ? [] : [[texts.schedule, definition.schedule] as const]),
    [texts.services, services.length === 0 ? texts.none : services.join(', ')],
    [texts.online, onlineOf(view, texts)],
  ]
  const width = Math.max(...facts.map(([name]) => name.length))
  const lines = facts.map(([name, value]) => `${pc.dim(name.padEnd(width))}  ${value}`)
  const rows = features.map(({ name, kind, type, description }) => [
    name,
    texts.featureKinds[kind],
    type ?? '',
    description ?? formulaOf(definition, name, texts),
  ])
  const head = `${pc.bold(`${view.project}/${view.name}`)} ${view.version}`
  const about = definition.description === undefined ? [] : [definition.description]
  return `${[head, ...about, ...lines].join('\n')}\n\n${table([texts.feature, texts.kind, texts.type, ''], rows)}`
}

function onlineOf({ definition, materialized }: FeatureView, texts: Texts): string {
  if (!definition.online) return texts.notKept
  if (materialized === undefined) return texts.notYet
  return texts.materialized(materialized.keys, materialized.until.slice(0, 19).replace('T', ' '))
}

/** What makes a feature, in short. */
function formulaOf({ features, aggregations, derived }: FeatureView['definition'], name: string, texts: Texts): string {
  const column = features.find((feature) => feature.name === name)?.column
  if (column !== undefined && column !== name) return column
  const aggregation = aggregations.find((feature) => feature.name === name)
  if (aggregation !== undefined) {
    const { function: how, column: of, window_seconds: window } = aggregation
    return `${how}(${of ?? '*'}), ${durationOf(window)}`
  }
  const made = derived.find((feature) => feature.name === name)
  if (made === undefined) return ''
  return made.sql === undefined ? texts.code(made.inputs.join(', ')) : made.sql.replaceAll(/\s+/g, ' ').slice(0, 80)
}

function durationOf(seconds: number): string {
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const) {
    if (seconds % size === 0) return `${seconds / size}${unit}`
  }
  return `${seconds}s`
}
