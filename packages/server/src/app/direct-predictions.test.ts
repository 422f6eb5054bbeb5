import type { IncomingMessage } from 'node:http'
import { FabriqueError } from '@fabrique/contract'
import { describe, expect, test } from 'vitest'
import type { Predicted } from '../contexts/serving/index.js'
import type { RequestTarget } from '../platform/http/refuse-late.js'
import { type Actor, linkActor, localActor, nobody, type RateRules } from '../platform/index.js'
import { directPredictions } from './direct-predictions.js'

const free: RateRules = { predict: undefined, api: undefined, routes: new Map(), modelRate: () => undefined }
const rate = { requests: 1, windowMs: 1000 }

interface Server {
  readonly actor: Actor | Promise<Actor> | FabriqueError
  readonly rules: RateRules
  readonly isLate: boolean
  readonly defaultModel: string | undefined
}

/** What is asked of a server, and how it goes on: the target of a prediction that is answered directly. */
function asked(given: Partial<IncomingMessage>, server: Partial<Server> = {}) {
  const { actor = localActor, rules = free, isLate = false } = server
  const [targets, takes]: [unknown[], (RequestTarget | undefined)[]] = [[], []]
  const predictNow = (target: unknown): Predicted => {
    targets.push(target)
    return { model: 'm', version: '1', predictions: [{ prediction: 1 }], single: true, predictionId: 'pred_1' }
  }
  const admit = directPredictions({
    authenticator: {
      authenticate() {
        if (actor instanceof FabriqueError) throw actor
        return actor
      },
    },
    allowedHosts: ['ml.example'],
    rules,
    takes(target) {
      takes.push(target)
      return !isLate
    },
    models: {
      isKnown: (name) => name === 'odd@name',
      defaultModel() {
        if ('defaultModel' in server) throw new FabriqueError('no_default_model', { reason: 'none' })
        return 'first'
      },
    },
    traffic: { predictNow, predict: () => Promise.reject(new Error('It is answered at once')) },
  })
  const headers = { host: '127.0.0.1:8000', ...given.headers }
  const admitted = admit({ url: '/predict', method: 'POST', ...given, headers } as IncomingMessage, 0)
  if (admitted === undefined) return undefined
  const answer = admitted.answer({ id: 'req_1', headers, actor: admitted.actor, body: {} })
  return { route: admitted.route, actor: admitted.actor.id, answer, targets, takes }
}

describe('a prediction that nothing is to be said against', () => {
  test('is answered with all that its route would say', () => {
    const text = '{"prediction":1,"model":"m","version":"1","request_id":"req_1","prediction_id":"pred_1"}'
    const answer = { text, model: 'm', version: '1' }
    const target = { model: 'first' }
    expect(asked({})).toEqual({ route: '/predict', actor: 'local', answer, targets: [target], takes: [target] })
  })

  test.each([
    ['plan', { model: 'plan' }],
    ['plan@next', { model: 'plan', alias: 'next' }],
    ['odd@name', { model: 'odd@name' }],
  ])('goes to %s', (name, target) => {
    const found = asked({ url: `/api/v1/models/${name}/predict` })
    expect(found).toMatchObject({ route: '/api/v1/models/:model/predict', targets: [target], takes: [target] })
  })

  test('may come with a key that is known, by a name of this server, from a page of it', () => {
    const headers = { authorization: 'Bearer fab_x', host: 'ml.example', origin: 'http://ml.example' }
    expect(asked({ headers }, { actor: linkActor('predictions.make') })?.actor).toBe('link')
  })
})

describe('goes the way of all others', () => {
  test.each<[string, Partial<IncomingMessage>]>([
    ['another address', { url: '/predict?x=1' }],
    ['a name that has to be decoded', { url: '/api/v1/models/a%20b/predict' }],
    ['a version by its number', { url: '/api/v1/models/m/versions/1/predict' }],
    ['a browser', { headers: { cookie: 'fabrique_session=x' } }],
    ['a key in a header of its own', { headers: { 'x-api-key': 'fab_x' } }],
    ['a password', { headers: { authorization: 'Basic eDp5' } }],
    ['what a proxy says of encryption', { headers: { 'x-forwarded-proto': 'https' } }],
    ['a name that is not of this server', { headers: { host: 'evil.example' } }],
    ['a page of another', { headers: { origin: 'https://evil.example' } }],
  ])('%s', (_, given) => {
    expect(asked(given)).toBeUndefined()
  })

  test.each<[string, Partial<Server>]>([
    ['who has not logged in', { actor: nobody }],
    ['who may do other things', { actor: linkActor('models.read') }],
    ['a key that has to be looked up', { actor: Promise.resolve(localActor) }],
    ['a key that is wrong', { actor: new FabriqueError('credentials_invalid', { reason: 'r', reason_fr: 'r' }) }],
    ['a rate of all predictions', { rules: { ...free, predict: rate } }],
    ['a rate of the route', { rules: { ...free, routes: new Map([['POST /predict', rate]]) } }],
    ['a rate of the route by its address', { rules: { ...free, routes: new Map([['/predict', rate]]) } }],
    ['a rate of the model', { rules: { ...free, modelRate: () => ({ model: 'first', rate }) } }],
    ['who comes too late', { isLate: true }],
    ['where no model answers', { defaultModel: undefined }],
  ])('%s', (_, server) => {
    expect(asked({}, server)).toBeUndefined()
  })
})
