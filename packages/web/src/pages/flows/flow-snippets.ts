/** What declares a first flow. */
export const flowSnippet = `import { cron, defineProject, flow, z } from 'fabrique'

const monthly = flow(
  'monthly',
  { params: z.object({ month: z.string() }), schedule: cron('0 6 1 * *', { timezone: 'Europe/Paris' }) },
  async (step, { month }) => {
    const snapshot = await step.ingest('usage')
    await step.validate(snapshot)
    await step.train('churn')
    await step.run(\`notify-\${month}\`, () => notify(month))
  },
)

export default defineProject({ …, flows: [monthly] })`
