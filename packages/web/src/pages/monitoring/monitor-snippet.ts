/** How a project declares a monitor. */
export const monitorSnippet = `const watch = monitor('usage-drift', {
  current: { dataset: usage },
  reference: { snapshot: 'churn/usage@reference' },
  schedule: '0 6 * * *',
})

export default defineProject({ …, monitors: [watch] })`
