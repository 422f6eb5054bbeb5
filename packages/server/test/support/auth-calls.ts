import { expect } from 'vitest'
import { createModel, updateModel } from '../../src/contexts/registry/index.js'
import { authoriseModel, requestActor } from '../../src/platform/index.js'
import { mountMlflowEndpoints } from '../../src/platform/mlflow/index.js'
import { type AuthApp, type AuthAppOptions, goodPassword } from './auth-app.js'

/** Routes with the rules that others have: one that changes models, one that predicts, one of MLflow, and a public one. */
export const mountGuarded: NonNullable<AuthAppOptions['mount']> = (app, contextOf) => {
  app.post('/models/:model', { config: { access: 'models.write' } }, async (request) => {
    const { model } = request.params as { model: string }
    return createModel({ ctx: contextOf(request), input: { name: model } })
  })
  app.post('/models/:model/rename/:name', async (request) => {
    const { model, name } = request.params as { model: string; name: string }
    return updateModel({ ctx: contextOf(request), input: { model, name } })
  })
  app.post('/predict/:model', async (request) => {
    authoriseModel(requestActor(request), 'predictions.make', (request.params as { model: string }).model)
    return { actor: requestActor(request).id }
  })
  app.get('/open', { config: { access: 'public' } }, async (request) => ({ actor: requestActor(request).id }))
  app.get('/plain', async (request) => ({ actor: requestActor(request).id }))
  mountMlflowEndpoints(app, [{ method: 'POST', path: 'who', handle: async ({ ctx }) => ({ actor: ctx.actor.id }) }], {
    contextOf,
  })
}

export const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})

export const cookieOf = (reply: { readonly headers: Record<string, unknown> }) =>
  String(reply.headers['set-cookie']).split(';')[0] ?? ''

/** Asks for a token, as programs do. */
export const askToken = (app: AuthApp, name: string, password: string, more: Record<string, string> = {}) =>
  app.ask('POST', '/token', {
    payload: new URLSearchParams({ username: name, password, ...more }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })

/** What is asked of a server with `mountGuarded` again and again; `suite` is there once the tests run. */
export function authCalls(suite: () => AuthApp) {
  return {
    /** The actor that a request is taken for, or the code of its refusal. */
    async who(headers: Record<string, string>) {
      const reply = await suite().ask('GET', '/plain', { headers })
      return reply.statusCode === 200 ? reply.json().actor : reply.json().code
    },
    async tokenOf(name: string, more: Record<string, string> = {}) {
      const reply = await askToken(suite(), name, goodPassword, more)
      expect(reply.statusCode).toBe(200)
      return { authorization: `Bearer ${reply.json().access_token}` }
    },
    async logIn(name: string) {
      const reply = await suite().ask('POST', '/api/v1/session', { payload: { name, password: goodPassword } })
      expect(reply.statusCode).toBe(200)
      return { cookie: cookieOf(reply) }
    },
  }
}
