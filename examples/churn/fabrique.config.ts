import {
  boolean,
  category,
  cron,
  csv,
  dataset,
  defineProject,
  derive,
  entity,
  expect,
  featureService,
  featureView,
  flow,
  gradientBoosting,
  integer,
  model,
  monitor,
  number,
  sql,
  text,
  timestamp,
} from 'fabrique'
import { ageGroups, paymentMethods, plans, prices, regions } from './population.js'
import { layOutSeeds, letCome, putAside } from './seeds.js'

// Twelve months, where there are none yet. A month that comes later is one more folder.
layOutSeeds()

const users = dataset('users', csv('data/seeds/month_*/users.csv'), {
  description: 'Who the people are, at the start of each month',
  columns: {
    user_id: text(),
    updated_at: timestamp({ description: 'Start of the month' }),
    tenure_days: integer({ unit: 'days', min: 0 }),
    plan: category(plans),
    price: number({ unit: '€', min: 0, description: 'A month' }),
    region: category(regions),
    age_group: category(ageGroups),
    payment_method: category(paymentMethods),
  },
  key: ['user_id', 'updated_at'],
  time: 'updated_at',
  mirror: { schema: 'churn', table: 'users' },
  expect: [
    expect.rowCount(1000),
    expect.column('price').between(1, 100),
    // The list of prices when the model was thought of: others are worth a look and no reason to stop.
    expect.column('price').inSet(Object.values(prices), { severity: 'warning' }),
  ],
})

const usage = dataset('usage', csv('data/seeds/month_*/features.csv'), {
  description: 'What people did in a month',
  columns: {
    user_id: text(),
    month: timestamp({ description: 'Start of the month: what it is about' }),
    feature_date: timestamp({ description: 'End of the month: when it became true' }),
    recorded_at: timestamp({ description: 'When it became known: hours later, or days' }),
    hours: number({ unit: 'h', min: 0 }),
    sessions: integer({ min: 0 }),
    active_days: integer({ min: 0, max: 31 }),
    support_calls: integer({ min: 0 }),
    failed_payments: integer({ min: 0 }),
  },
  key: ['user_id', 'feature_date'],
  time: 'feature_date',
  mirror: { schema: 'churn', table: 'usage' },
  expect: [
    expect.rowCount(1000),
    expect.column('hours').between(0, 744),
    // People used to watch for about 20 hours a month; much less is worth a look and no reason to stop.
    expect.column('hours').meanBetween(10, 40, { severity: 'warning' }),
  ],
})

const labels = dataset('labels', csv('data/seeds/month_*/labels.csv'), {
  description: 'Who left in the course of a month',
  columns: {
    user_id: text(),
    label_date: timestamp({ description: 'Start of the month: what is known then may be used' }),
    churned: boolean(),
  },
  key: ['user_id', 'label_date'],
  time: 'label_date',
  mirror: { schema: 'churn', table: 'labels' },
  expect: [expect.rowCount(1000)],
})

const user = entity('user', { key: 'user_id', description: 'A person with a subscription' })

const profile = featureView('profile', {
  from: users,
  entity: user,
  features: ['tenure_days', 'plan', 'price', 'region', 'age_group', 'payment_method'],
  owner: 'customer-relations',
})

const usage30d = featureView('usage_30d', {
  from: usage,
  entity: user,
  created: 'recorded_at',
  ttl: '45d',
  features: ['hours', 'sessions', 'active_days', 'support_calls', 'failed_payments'],
  derived: {
    hours_per_session: sql('hours / nullif(sessions, 0)', 'number'),
    // Many short visits of who looks for something to watch, and few long ones of who has found it.
    habit: derive(['hours', 'active_days'], 'number', ({ hours, active_days }) =>
      hours === null || active_days === null ? null : Math.log1p(hours) * (active_days / 28),
    ),
  },
  owner: 'streaming',
})

const usage90d = featureView('usage_90d', {
  from: usage,
  entity: user,
  ttl: '100d',
  aggregations: {
    hours_90d: { of: 'hours', as: 'sum', over: '90d' },
    support_calls_90d: { of: 'support_calls', as: 'sum', over: '90d' },
    failed_payments_90d: { of: 'failed_payments', as: 'sum', over: '90d' },
  },
  owner: 'streaming',
})

const churnFeatures = featureService('churn', [profile, usage30d, usage90d])

const churn = model('churn', {
  task: 'classification',
  description: 'Whether a person leaves in the month that begins',
  label: labels.column('churned'),
  features: churnFeatures,
  // Someone who has just signed up has no usage yet: the model has learnt from such people too.
  onMissing: 'null',
  estimator: gradientBoosting({ maxIter: 80, learningRate: 0.05, maxLeafNodes: 7 }),
  // A friendly call to somebody who would have stayed costs little; not to call who leaves costs what they would have paid.
  threshold: { goal: 'cost', falsePositive: 1, falseNegative: 8 },
  // The newest quarter of the labels: models of time are tested on a time that they have not seen.
  split: { kind: 'time', column: labels.column('label_date') },
  seed: 42,
  promoteMetric: 'rocAuc',
})

const monthly = flow(
  'monthly',
  {
    description:
      'A month has ended: its files are read and checked. Where it is not like what the champion learnt from, a model learns anew',
    schedule: cron('0 6 2 * *', { timezone: 'Europe/Paris' }),
    timeout: '2h',
  },
  async (step) => {
    const who = await step.ingest(users)
    const did = await step.ingest(usage)
    const left = await step.ingest(labels)
    for (const snapshot of [who, did, left]) {
      const { success, failed } = await step.validate(snapshot, { name: `validate ${snapshot.snapshot_id}` })
      // What is a warning is worth a look, and no reason to stop.
      if (!success) throw new Error(`${failed} expectations do not hold: nothing is trained`)
    }
    await step.materialize(churnFeatures)
    // Who people are and what they pay has no season. How long they have been there grows by itself.
    const drift = await step.drift(users, {
      reference: 'training',
      current: who,
      onlyNew: true,
      columns: ['plan', 'price', 'region', 'age_group', 'payment_method'],
      effectMin: 0.1,
    })
    // Hours and sessions go with the seasons: worth a look each month, and no reason by itself.
    const habits = await step.drift(usage, {
      reference: 'training',
      current: did,
      onlyNew: true,
      columns: ['hours', 'sessions', 'active_days', 'support_calls', 'failed_payments'],
      effectMin: 0.1,
    })
    // Nothing to compare with: there is no champion yet, or nobody knows what it learnt from.
    const isDue = drift.detected || drift.state === 'not_comparable'
    const trained = isDue ? await step.train(churn, { snapshot: left }) : undefined
    return step.run('report', async ({ artifact, log }) => {
      const why = trained === undefined ? 'Nothing is trained' : (trained.reason ?? 'The champion stays')
      await artifact.markdown('decision', `- People: ${drift.sentence}\n- Habits: ${habits.sentence}\n- ${why}`)
      if (trained !== undefined) {
        const rows = Object.entries(trained.metrics).map(([metric, value]) => ({ metric, value }))
        await artifact.table('metrics', rows)
      }
      log.info(`${drift.sentence}. ${why}`)
      const { state, columns } = drift
      const drifted = columns.filter((column) => column.drift === true).map(({ name }) => name)
      return { state, drifted, version: trained?.version, promoted: trained?.promoted === true, why }
    })
  },
)

/** The first month after the drift: `driftMonth` of the people. */
const firstMonths = 9

const replay = flow(
  'replay',
  {
    description:
      'The year once more: the last three months are put aside, a champion learns from the others, and they come one by one',
    timeout: '2h',
    concurrency: 1,
  },
  async (step) => {
    const months = await step.run('put aside', () => [...putAside(firstMonths)])
    await step.ingest(users)
    await step.ingest(usage)
    const known = await step.ingest(labels)
    const { version, metrics } = await step.train(churn, { snapshot: known })
    // The champion that there is has seen the whole year: here it has not.
    if (version !== undefined) await step.promote(churn, { version })
    const story: object[] = [{ month: 'before', state: 'first', version, promoted: true, roc_auc: metrics.roc_auc }]
    for (const month of months) {
      await step.run(`${month} comes`, () => letCome(month))
      const told = await step.flow(monthly, {}, { name: month })
      story.push({ month, ...told })
    }
    await step.run('story', ({ artifact }) => artifact.table('story', story as Record<string, unknown>[]))
    return story
  },
)

const people = monitor('churn-people', {
  description: 'Whether people and prices are still those that the champion learnt from',
  model: churn,
  reference: 'training',
  current: { dataset: users },
  columns: ['plan', 'price', 'region', 'age_group', 'payment_method'],
  effectMin: 0.1,
  afterSnapshot: true,
})

const asked = monitor('churn-asked', {
  description: 'Whether those who are asked about are like those that the champion learnt from, and its answers too',
  model: churn,
  reference: 'training',
  current: { predictions: '30d' },
  schedule: cron('0 7 * * *', { timezone: 'Europe/Paris' }),
})

export default defineProject({
  name: 'churn',
  description: 'Who leaves a streaming service: features by point in time, predictions by user',
  datasets: [users, usage, labels],
  entities: [user],
  featureViews: [profile, usage30d, usage90d],
  featureServices: [churnFeatures],
  models: [churn],
  flows: [monthly, replay],
  monitors: [people, asked],
})
