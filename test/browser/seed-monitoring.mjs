// A project that is watched: a month that drifts, one that does not, one that is too short, limits, and the predictions of a model.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, ended, ingest } from './seed-data.mjs'
import { servedModel } from './seed-serving.mjs'

const name = 'watched'
const rowCount = 600
const config = `import { category, csv, dataset, defineProject, flow, integer, number, text } from 'fabrique'

const usage = dataset('usage', csv('usage.csv'), {
  description: 'What each user did in a month',
  columns: {
    user: text(),
    hours: number({ unit: 'h' }),
    sessions: integer(),
    delay: number({ unit: 'ms', nullable: true }),
    plan: category(),
    country: category(),
    churned: category(['no', 'yes']),
    answer: category(['no', 'yes'], { description: 'What a model said' }),
  },
})
const retrain = flow('retrain', { description: 'Stands for a retraining' }, async (step) => {
  await step.run('note', () => 'retrained')
})

export default defineProject({
  name: '${name}',
  description: 'Usage by month, and whether it moved',
  datasets: [usage],
  flows: [retrain],
  models: [],
})
`

/** Numbers between 0 and 1 that are the same in every run. */
function noise(seed) {
  let state = seed
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296
    return state / 4_294_967_296
  }
}

/** About normal, with deviation 1. */
const bell = (next) => Array.from({ length: 6 }, next).reduce((sum, value) => sum + value, -3) * Math.SQRT2

/** The rows of a month; `shift` moves hours, plans, delays and the answers. */
function monthOf(seed, shift = 0) {
  const next = noise(seed)
  // Of its own, so that the other columns are what they are without it.
  const chance = noise(seed + 1000)
  const pick = (values) => values[Math.min(Math.floor(next() ** (1 + shift) * values.length), values.length - 1)]
  const rows = Array.from({ length: rowCount }, (_, index) => {
    const hours = 20 + 12 * shift + 6 * bell(next)
    const isMissing = next() < 0.01 + 0.12 * shift
    const delay = isMissing ? '' : (80 + 25 * bell(next) + 15 * shift).toFixed(1)
    const plan = pick(shift > 0.5 ? ['trial', 'basic', 'plus', 'pro'] : ['basic', 'plus', 'pro'])
    const sessions = Math.round(5 + 2 * bell(next))
    const churned = next() < 0.2 + 0.25 * shift ? 'yes' : 'no'
    const isWrong = chance() < 0.1 + (plan === 'pro' ? 0.3 * shift : 0)
    const answer = isWrong === (churned === 'no') ? 'yes' : 'no'
    return [`u${index}`, hours.toFixed(2), sessions, delay, plan, pick(['be', 'ca', 'ch', 'fr', 'lu']), churned, answer]
  })
  return `${[['user', 'hours', 'sessions', 'delay', 'plan', 'country', 'churned', 'answer'], ...rows].map((row) => row.join(',')).join('\n')}\n`
}

/** The project with its first month. */
export function writeMonitorProject(parent) {
  const folder = join(parent, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'fabrique.config.ts'), config)
  writeFileSync(join(folder, 'usage.csv'), monthOf(1))
}

const dataset = `/projects/${name}/datasets/usage`
const newest = async (base) => (await ask(base, 'GET', `${dataset}/snapshots`)).items[0].id
const columns = ['hours', 'sessions', 'delay', 'plan', 'country', 'churned']
const reference = { kind: 'snapshot', snapshot: `${name}/usage@reference` }
const current = { kind: 'snapshot', dataset: 'usage' }

const monitors = [
  {
    name: 'usage-drift',
    description: 'Whether the month looks as the one that the model was trained on',
    reference,
    current,
    columns,
    target: 'churned',
    checks: [
      { kind: 'quality', metric: 'missing_share', max: 0.01, severity: 'warning' },
      { kind: 'quality', metric: 'rows', min: 100 },
      { kind: 'quality', metric: 'new_values_share', column: 'plan', max: 0.05 },
    ],
    schedule: { cron: '0 6 1 * *', timezone: 'Europe/Paris' },
    actions: [{ do: 'finding' }, { do: 'alert' }, { do: 'flow', flow: 'retrain' }],
  },
  {
    name: 'usage-evidently',
    description: 'The same as Evidently judges it',
    reference,
    current,
    columns,
    mode: 'evidently',
    after_snapshot: true,
    actions: [],
  },
  {
    name: 'usage-parts',
    description: 'Whether a model does as well for everybody, and columns still go together',
    reference,
    current,
    columns,
    target: 'churned',
    prediction: 'answer',
    segments: ['plan', 'country', { column: 'hours', bins: 4 }, 'user'],
    multivariate: true,
    actions: [],
  },
  { name: 'usage-short', reference, current, rows_min: 10_000, actions: [] },
  { name: 'usage-new', reference, current, enabled: false },
]

/** Compares now, and waits for the report. */
export async function runMonitor(base, monitor, request = {}) {
  const { result } = await ended(base, await ask(base, 'POST', `/monitors/${monitor}/run`, request))
  return result
}

async function takeMonth(base, folder, seed, shift) {
  writeFileSync(join(folder, 'usage.csv'), monthOf(seed, shift))
  await ingest(base, name, 'usage')
  return newest(base)
}

async function fill(base, folder) {
  await ingest(base, name, 'usage')
  await ask(base, 'PUT', `${dataset}/tags/reference`, { ref: await newest(base), reason: 'What was trained on' })
  for (const monitor of monitors) await ask(base, 'POST', '/monitors', { project: name, ...monitor })
  for (const [index, shift] of [0, 0, 0.02, 0.05].entries()) {
    await takeMonth(base, folder, index + 2, shift)
    await runMonitor(base, 'usage-drift')
  }
  await takeMonth(base, folder, 9, 1)
  await runMonitor(base, 'usage-drift')
  await runMonitor(base, 'usage-evidently')
  await runMonitor(base, 'usage-short')
  await runMonitor(base, 'usage-parts')
}

/** The predictions of a model: what was learnt from, against what was asked, with the right answers that came. */
async function watchModel(base) {
  await ask(base, 'POST', '/monitors', {
    project: name,
    name: 'answers',
    description: 'What the model is asked, and how often it is right',
    model: servedModel,
    reference: { kind: 'training' },
    current: { kind: 'predictions', days: 7 },
    rows_min: 20,
    checks: [{ kind: 'performance', metric: 'accuracy', min: 0.7 }],
    actions: [{ do: 'finding', from: 'warning' }, { do: 'block_promotion' }],
  })
  for (let times = 0; times < 3; times += 1) await runMonitor(base, 'answers')
}

/** Everything, made once for each server; the model has to be served. */
export async function seedMonitoring(base) {
  const { items: projects } = await ask(base, 'GET', '/projects')
  const project = projects.find((one) => one.name === name)
  if (project === undefined) throw new Error(`The server has no project ${name}: start it without --url`)
  const { items } = await ask(base, 'GET', '/monitors')
  if (!items.some((one) => one.name === 'usage-drift')) await fill(base, project.folder)
  if (!items.some((one) => one.name === 'answers')) await watchModel(base)
  const { items: reports } = await ask(base, 'GET', '/drift-reports?monitor=usage-drift')
  return {
    project: name,
    drifting: 'usage-drift',
    short: 'usage-short',
    never: 'usage-new',
    evidently: 'usage-evidently',
    answers: 'answers',
    parts: 'usage-parts',
    first: reports.at(-1).id,
    newest: reports[0].id,
  }
}
