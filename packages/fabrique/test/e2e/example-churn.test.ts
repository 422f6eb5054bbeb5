import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type {
  Endpoint,
  FlowArtifact,
  FlowRun,
  Loop,
  LoopRun,
  ModelVersion,
  PredictNewestReply,
  RowExplanation,
  Snapshot,
} from '@fabrique/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { differences, runShown, shownCommands } from '../support/readme-commands.js'
import {
  cleanUp,
  getJson,
  newProject,
  type RunningFabrique,
  runFabrique,
  startFabrique,
  until,
} from '../support/running-fabrique.js'

const readme = fileURLToPath(new URL('../../../../examples/churn/README.md', import.meta.url))
const commands = shownCommands(readme)
const program = fileURLToPath(new URL('../../bin/fabrique.mjs', import.meta.url))

/** Its first start reads 180,000 rows and takes a while: `npm run test:conformance` does it. */
const isWanted = process.env.TEST_EXAMPLES === 'all'

interface UsedFeature {
  readonly name: string
  readonly value: unknown
  readonly status: string
  readonly age_seconds: number | null
  readonly replaced?: string
}
interface Answer {
  readonly prediction: string
  readonly probabilities: Readonly<Record<string, number>>
  readonly features_used: readonly UsedFeature[]
}

async function predict({ url }: RunningFabrique, body: object): Promise<Answer> {
  const reply = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(reply.status).toBe(200)
  return (await reply.json()) as Answer
}

/** Waits until the model answers. */
async function untilServed({ url }: RunningFabrique): Promise<void> {
  await until('the model answers', async () => {
    const { items } = await getJson<{ items: Endpoint[] }>(`${url}/api/v1/endpoints`)
    return items.some(({ model }) => model === 'churn')
  })
}

async function loopOf({ url }: RunningFabrique): Promise<Loop> {
  const { items } = await getJson<{ items: Loop[] }>(`${url}/api/v1/projects/churn/loops`)
  const [loop] = items
  if (loop === undefined) throw new Error('There is no loop')
  return loop
}

/** The runs of a flow with what they gave, newest first. */
async function runsOf({ url }: RunningFabrique, flow: string): Promise<readonly FlowRun[]> {
  const { items } = await getJson<{ items: FlowRun[] }>(`${url}/api/v1/flow-runs?project=churn&flow=${flow}`)
  return Promise.all(items.map(({ id }) => getJson<FlowRun>(`${url}/api/v1/flow-runs/${id}`)))
}

/** What the flow of a month says as its result. */
const Told = z.object({
  state: z.string(),
  drifted: z.array(z.string()).optional(),
  version: z.string().optional(),
  promoted: z.boolean(),
  why: z.string().optional(),
})
const Story = z.array(Told.extend({ month: z.string() }))

describe.runIf(isWanted)('the churn example', () => {
  let folder: string
  let fabrique: RunningFabrique
  beforeAll(async () => {
    folder = await newProject('churn')
    fabrique = await startFabrique(folder)
  })
  afterAll(() => cleanUp(folder))

  test('lays out twelve months of 5,000 people', () => {
    const seeds = join(folder, 'data', 'seeds')
    const months = readdirSync(seeds).filter((name) => name.startsWith('month_'))
    expect(months).toEqual(Array.from({ length: 12 }, (_, index) => `month_${String(index).padStart(3, '0')}`))
    for (const month of months) {
      for (const table of ['users', 'features', 'labels']) {
        expect(
          readFileSync(join(seeds, month, `${table}.csv`), 'utf8')
            .trim()
            .split('\n'),
        ).toHaveLength(5_001)
      }
    }
  })

  test('learns by point in time', async () => {
    await untilServed(fabrique)
    const version = await getJson<ModelVersion>(`${fabrique.url}/api/v1/models/churn/versions/1`)
    expect(version.signature?.feature_lookup).toMatchObject({
      service: 'churn',
      service_version: 1,
      keys: ['user_id'],
      example: { user_id: 'u000001' },
    })
    expect(fabrique.output()).toContain(`-d '{"user_id":"u000001"}'`)
    expect(version.aliases).toEqual(['champion'])
    // With the naive join it is 0.99.
    expect(version.metrics.roc_auc?.value).toBeGreaterThan(0.7)
    expect(version.metrics.roc_auc?.value).toBeLessThan(0.8)
  })

  test.each(commands.filter(({ command }) => command.includes('/predict')).map((one) => [one.command, one] as const))(
    '%s',
    async (_command, shown) => {
      expect(differences(shown.answer, JSON.parse(await runShown(shown, fabrique.url)))).toEqual([])
    },
  )

  test('says of each feature how old it is, and goes on without those of nobody', async () => {
    const known = await predict(fabrique, { user_id: 'u000001' })
    expect(new Set(known.features_used.map(({ status }) => status))).toEqual(new Set(['PRESENT']))
    // The newest month has ended no more than 31 days ago.
    const hours = known.features_used.find(({ name }) => name === 'hours')
    expect(hours?.age_seconds).toBeLessThan(32 * 86_400)
    const nobody = await predict(fabrique, { user_id: 'nobody' })
    expect(nobody.features_used.every(({ status, replaced }) => status === 'NOT_FOUND' && replaced === 'null')).toBe(
      true,
    )
    expect(Object.keys(nobody.probabilities).sort()).toEqual(['false', 'true'])
  })
  test('tells the newest labels by what was known then', async () => {
    const reply = await getJson<PredictNewestReply>(`${fabrique.url}/predict?rows=100`)
    expect(reply).toMatchObject({ dataset: 'churn-training', target: 'churned' })
    expect(reply.predictions).toHaveLength(100)
    for (const { features, actual } of reply.predictions) {
      expect(features).toHaveProperty('hours_90d')
      expect(['true', 'false']).toContain(actual)
    }
  })

  test('explains an answer by key', async () => {
    const reply = await fetch(`${fabrique.url}/api/v1/models/churn/explain`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: 'u000001' }),
    })
    const { outputs } = (await reply.json()) as RowExplanation
    const plan = (await predict(fabrique, { user_id: 'u000001' })).features_used.find(({ name }) => name === 'plan')
    expect(outputs[0]?.contributions).toContainEqual(expect.objectContaining({ column: 'plan', value: plan?.value }))
  })

  test('says so where what is known is too old', async () => {
    // Who left months ago: whether they are there is no longer told.
    const gone = await predict(fabrique, { user_id: 'u000002' })
    const statuses = gone.features_used.map(({ name, status }) => [name, status])
    expect(statuses).toContainEqual(['plan', 'PRESENT'])
    expect(statuses).toContainEqual(['hours', 'OUTSIDE_MAX_AGE'])
  })

  // The year once more, by one command.
  test('sees the drift of month 9 at once, learns anew, and says of each month why the champion stays or goes', async () => {
    expect(readFileSync(readme, 'utf8')).toContain('npx fabrique flows run churn/replay --follow')
    const { status } = await runFabrique(['flows', 'run', 'churn/replay', '--follow', '--url', fabrique.url])
    expect(status).toBe(0)
    const [replayed] = await runsOf(fabrique, 'replay')
    const story = Story.parse(replayed?.result)
    expect(story.map(({ month, state, version }) => [month, state, version])).toEqual([
      ['before', 'first', '2'],
      ['month_009', 'drift', '3'],
      ['month_010', 'drift', '4'],
      ['month_011', 'drift', '5'],
    ])
    for (const { drifted, promoted, why } of story.slice(1)) {
      expect(drifted).toEqual(['price'])
      expect(why).toMatch(promoted ? /^Promoted: roc_auc / : /^Not promoted: roc_auc /)
    }
    const champion = story.findLast(({ promoted }) => promoted)?.version
    const { aliases } = await getJson<ModelVersion>(`${fabrique.url}/api/v1/models/churn/versions/${champion}`)
    expect(aliases).toContain('champion')
    expect(readdirSync(join(folder, 'data', 'seeds', 'later'))).toEqual([])
  })

  test('keeps the report of each month with its run, and trains nothing while nothing is new', async () => {
    const { status } = await runFabrique(['flows', 'run', 'churn/monthly', '--follow', '--url', fabrique.url])
    expect(status).toBe(0)
    const items = await runsOf(fabrique, 'monthly')
    expect(items).toHaveLength(4)
    const told = items.map(({ result }) => Told.parse(result))
    // What the newest champion learnt from has all months, or it has not learnt from the last ones yet.
    expect(told[0]?.state).toBe(told[1]?.promoted === true ? 'not_enough_data' : 'drift')
    const [, newest] = items
    const { items: left } = await getJson<{ items: FlowArtifact[] }>(
      `${fabrique.url}/api/v1/flow-runs/${newest?.id}/artifacts`,
    )
    expect(left.map(({ key }) => key)).toEqual(['drift-users', 'drift-usage', 'decision', 'metrics'])
    const page = await fetch(`${fabrique.url}/api/v1/flow-runs/${newest?.id}/files/drift-users/drift.html`)
    expect(page.headers.get('content-disposition')).toContain('attachment')
    expect(await page.text()).toContain('price')
  })
})

describe.runIf(isWanted)('the naive join, and a month that comes', () => {
  let folder: string
  let fabrique: RunningFabrique
  const seeds = () => join(folder, 'data', 'seeds')
  const later = () => join(seeds(), 'later')
  const months = ['month_009', 'month_010', 'month_011']
  beforeAll(async () => {
    folder = await newProject('churn')
    // To look at the project is to read it, which lays the months out.
    await runFabrique(['doctor', folder, '--port', '0'])
  })
  afterAll(() => cleanUp(folder))

  test('scores better offline and worse live, as the README shows it', async () => {
    const text = readFileSync(readme, 'utf8')
    const section = text.slice(text.indexOf('## Leakage'), text.indexOf('## Month by month'))
    const shown = [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block)
    expect(shown).toHaveLength(3)
    const script = shown.join('').replaceAll('npx fabrique', `'${process.execPath}' '${program}'`)
    const { stdout } = await promisify(execFile)('bash', ['-euc', script], {
      cwd: folder,
      env: { ...process.env, NO_COLOR: '1', FABRIQUE_LANG: 'en' },
      maxBuffer: 10_000_000,
    })
    // Both are trained first, then both are asked about the rows as they are live.
    const scores = [...stdout.matchAll(/roc_auc +(0\.\d+)$/gm)].map(([, score]) => Number(score))
    expect(scores).toHaveLength(4)
    const [right = 0, naive = 0, rightLive = 0, naiveLive = 0] = scores
    expect(right).toBeGreaterThan(0.7)
    expect(naive).toBeGreaterThan(0.98)
    expect(rightLive).toBeCloseTo(right, 2)
    expect(naiveLive).toBeLessThan(rightLive - 0.01)
  })

  test('is not there before, so that usage is too old and predictions go on without', async () => {
    mkdirSync(later())
    for (const month of months) renameSync(join(seeds(), month), join(later(), month))
    fabrique = await startFabrique(folder)
    await untilServed(fabrique)
    expect(readdirSync(seeds()).filter((name) => months.includes(name))).toEqual([])
    const { stages } = await loopOf(fabrique)
    expect(stages).toMatchObject({ snapshot: { rows: 45_000 }, checks: { evaluated: 7, failed: 0 } })
    const { features_used } = await predict(fabrique, { user_id: 'u000001' })
    expect(features_used.find(({ name }) => name === 'hours')).toMatchObject({
      status: 'OUTSIDE_MAX_AGE',
      replaced: 'null',
    })
  })

  test('is the only one that is read, is checked, and makes a new version', async () => {
    for (const month of months) renameSync(join(later(), month), join(seeds(), month))
    const started = await fetch(`${fabrique.url}/api/v1/projects/churn/loops/churn/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    const { id } = (await started.json()) as LoopRun
    await until('the loop is over', async () => {
      const run = await getJson<LoopRun>(`${fabrique.url}/api/v1/loop-runs/${id}`)
      if (run.state === 'failed') throw new Error(run.error?.message)
      return run.state === 'succeeded'
    })
    const { stages, flow_run } = await loopOf(fabrique)
    // The prices are none of the list any more.
    expect(stages).toMatchObject({ snapshot: { rows: 60_000 }, checks: { evaluated: 7, failed: 1 } })
    expect(flow_run?.result).toMatchObject({ version: '2', feature_service: 'churn@1' })
    const training = await getJson<Snapshot>(
      `${fabrique.url}/api/v1/snapshots/${flow_run?.result.training_snapshot_id}`,
    )
    expect(training).toMatchObject({ dataset: 'churn-training', row_count: 60_000 })
    const { features_used } = await predict(fabrique, { user_id: 'u000001' })
    expect(features_used.find(({ name }) => name === 'hours')).toMatchObject({ status: 'PRESENT' })
  })
})
