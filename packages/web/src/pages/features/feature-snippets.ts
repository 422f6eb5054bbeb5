/** What declares a first view. */
export const viewSnippet = `const user = entity('user', { key: 'user_id' })
const usage30d = featureView('usage_30d', {
  from: usage,
  entity: user,
  ttl: '45d',
  features: ['hours', 'sessions'],
  aggregations: { hours_90d: { of: 'hours', as: 'sum', over: '90d' } },
  derived: { hours_per_session: sql('hours / nullif(sessions, 0)') },
})

export default defineProject({
  name: 'churn',
  datasets: [usage],
  entities: [user],
  featureViews: [usage30d],
})`

/** What declares a service of it. */
export const serviceSnippet = `const churn = featureService('churn', [usage30d.features('hours', 'hours_90d')])

export default defineProject({ …, featureServices: [churn] })`
