import { FabriqueError, routes } from '@fabrique/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mountRoute } from '../../../platform/http/mount-route.js'
import { authorise } from '../../../platform/verbs/actor.js'
import type { ServedModel } from '../served-models.js'
import type { ProtocolParts } from './inference-access.js'
import { modelClient } from './model-client.js'
import { modelOpenApi } from './model-openapi.js'
import { targetOf } from './model-target.js'

/** What programs that ask one model are made of: its OpenAPI document, and a client in TypeScript. */
export function mountModelDocuments(app: FastifyInstance, { models, actorOf }: ProtocolParts): void {
  const read = <Output>(
    request: FastifyRequest,
    name: string,
    write: (served: ServedModel) => Output,
  ): Promise<Output> => {
    authorise(actorOf(request), 'endpoints.read')
    return models.use(targetOf(models, name), async (served) => write(served))
  }
  mountRoute(app, routes.getModelOpenApi, async ({ request, params }) => {
    const { components, security } = app.swagger() as Readonly<Record<string, unknown>>
    const schemes = (components as Readonly<Record<string, unknown>> | undefined)?.securitySchemes
    return read(request, params.model, ({ model, version, signature, runtime: { inputs, outputs } }) =>
      modelOpenApi({ model, version, signature, inputs, outputs, security: { schemes, required: security } }),
    )
  })
  mountRoute(app, routes.getModelClient, async ({ request, params, reply }) => {
    const source = await read(request, params.model, ({ model, version, signature }) => {
      if (signature === undefined) throw new FabriqueError('model_without_signature', { model })
      return modelClient({ model, version, signature })
    })
    return reply.type('application/typescript; charset=utf-8').send(source)
  })
}
