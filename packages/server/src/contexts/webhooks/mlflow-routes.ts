import type { FastifyInstance } from 'fastify'
import { authorise } from '../../platform/index.js'
import {
  defineMlflowEndpoints,
  invalidValue,
  type MlflowEndpoint,
  type MlflowMountOptions,
  type MlflowParams,
  missingValue,
  mountMlflowEndpoints,
  unlessEmpty,
} from '../../platform/mlflow/index.js'
import { createWebhook } from './create-webhook.js'
import { getWebhook, searchWebhooks } from './get-webhook.js'
import { checkName, type WebhookEvent, webhookActions, webhookEntities, webhookEvent } from './model.js'
import type { StoredWebhook } from './store.js'
import { checkTarget, type WebhookTargets } from './targets.js'
import { testWebhook } from './test-webhook.js'
import { deleteWebhook, updateWebhook } from './update-webhook.js'

export interface WebhookMountOptions extends MlflowMountOptions {
  readonly targets: WebhookTargets
}

const entityNames = webhookEntities.map((entity) => entity.toUpperCase())
const actionNames = webhookActions.map((action) => action.toUpperCase())

function wireEvent(event: WebhookEvent) {
  const [entity = '', action = ''] = event.split('.')
  return { entity: entity.toUpperCase(), action: action.toUpperCase() }
}

function wireWebhook(webhook: StoredWebhook) {
  return {
    webhook: {
      webhook_id: webhook.id,
      name: webhook.name,
      description: webhook.description === '' ? undefined : webhook.description,
      url: webhook.url,
      events: webhook.events.map(wireEvent),
      status: webhook.status,
      creation_timestamp: webhook.created_at.getTime(),
      last_updated_timestamp: webhook.updated_at.getTime(),
    },
  }
}

function readEvent(params: MlflowParams): WebhookEvent {
  const name = params.choice('entity', entityNames)
  const action = params.choice('action', actionNames)
  const entity = webhookEntities[entityNames.indexOf(name ?? '')]
  if (entity === undefined) throw missingValue(params.pathOf('entity'))
  if (action === undefined) throw missingValue(params.pathOf('action'))
  return webhookEvent(entity, action.toLowerCase())
}

const readEvents = (params: MlflowParams) => params.objects('events').map(readEvent)
const statusOf = (params: MlflowParams) => params.choice('status', ['ACTIVE', 'DISABLED'] as const)
const idOf = (params: MlflowParams) => params.requiredText('webhook_id')

function pageSize(params: MlflowParams): number {
  const size = params.integer('max_results') || 100
  if (size < 1 || size > 1000) throw invalidValue('max_results', size, 'max_results must be between 1 and 1000.')
  return size
}

function endpointsOf(targets: WebhookTargets): readonly MlflowEndpoint[] {
  return defineMlflowEndpoints([
    {
      method: 'POST',
      path: 'webhooks',
      async handle({ ctx, params }) {
        authorise(ctx.actor, 'webhooks.write')
        const url = params.requiredText('url')
        const input = {
          name: params.requiredText('name'),
          url,
          events: readEvents(params),
          description: params.text('description'),
          secret: params.text('secret'),
          status: statusOf(params),
        }
        if (input.events.length === 0) throw missingValue('events')
        checkName(input.name)
        await checkTarget(targets, url)
        return wireWebhook(await createWebhook({ ctx, input }))
      },
    },
    {
      method: 'GET',
      path: 'webhooks',
      async handle({ ctx, params }) {
        const input = { max_results: pageSize(params), page_token: params.text('page_token') }
        const { webhooks, next_page_token } = await searchWebhooks({ ctx, input })
        return { webhooks: unlessEmpty(webhooks.map((one) => wireWebhook(one).webhook)), next_page_token }
      },
    },
    {
      method: 'GET',
      path: 'webhooks/:webhook_id',
      handle: async ({ ctx, params }) => wireWebhook(await getWebhook({ ctx, input: { webhook: idOf(params) } })),
    },
    {
      method: 'PATCH',
      path: 'webhooks/:webhook_id',
      async handle({ ctx, params }) {
        authorise(ctx.actor, 'webhooks.write')
        const events = readEvents(params)
        const url = params.text('url') || undefined
        if (url !== undefined) await checkTarget(targets, url)
        const input = {
          webhook: idOf(params),
          name: params.text('name') || undefined,
          url,
          events: events.length === 0 ? undefined : events,
          description: params.text('description'),
          secret: params.text('secret'),
          status: statusOf(params),
        }
        return wireWebhook(await updateWebhook({ ctx, input }))
      },
    },
    {
      method: 'DELETE',
      path: 'webhooks/:webhook_id',
      async handle({ ctx, params }) {
        await deleteWebhook({ ctx, input: { webhook: idOf(params) } })
        return {}
      },
    },
    {
      method: 'POST',
      path: 'webhooks/:webhook_id/test',
      async handle({ ctx, params }) {
        const asked = params.object('event')
        const event = asked === undefined ? undefined : readEvent(asked)
        return { result: await testWebhook({ ctx, input: { webhook: idOf(params), event, targets } }) }
      },
    },
  ])
}

/** Mounts the webhook protocol of MLflow. */
export function mountMlflowWebhooks(app: FastifyInstance, options: WebhookMountOptions): void {
  mountMlflowEndpoints(app, endpointsOf(options.targets), options)
}
