import { mountFlowRoutes } from '../../src/contexts/flows/routes.js'
import { type EventStream, openEventStream } from '../../src/platform/events/index.js'
import { openTestApp, type TestApp } from './test-app.js'

/** The routes of flows over a database of their own. */
export interface FlowApp extends TestApp {
  readonly events: EventStream
}

/** For `beforeAll`; call `close` in `afterAll`. */
export async function openFlowApp(): Promise<FlowApp> {
  let events: EventStream | undefined
  const suite = await openTestApp((app, ctx, { database: { db, url } }) => {
    const stream = openEventStream({ db, url, applicationName: 'fabrique-test', log: ctx.log, pollMs: 100 })
    app.addHook('onClose', () => stream.close())
    mountFlowRoutes(app, { contextOf: () => ctx, events: stream, endpoints: () => [] })
    events = stream
  })
  if (events === undefined) throw new Error('The routes were not mounted')
  return { ...suite, events }
}
