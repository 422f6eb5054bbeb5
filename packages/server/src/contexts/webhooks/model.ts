import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { invalidValue } from '../../platform/mlflow/index.js'

/** What one can subscribe to: what the thing is, and what happened to it. The order is that of the protocol's numbers. */
export const webhookEntities = [
  'registered_model',
  'model_version',
  'model_version_tag',
  'model_version_alias',
  'prompt',
  'prompt_version',
  'prompt_tag',
  'prompt_version_tag',
  'prompt_alias',
] as const
export const webhookActions = ['created', 'updated', 'deleted', 'set'] as const

const actionsOf: Readonly<Record<(typeof webhookEntities)[number], readonly string[]>> = {
  registered_model: ['created'],
  model_version: ['created'],
  model_version_tag: ['deleted', 'set'],
  model_version_alias: ['created', 'deleted'],
  prompt: ['created'],
  prompt_version: ['created'],
  prompt_tag: ['deleted', 'set'],
  prompt_version_tag: ['deleted', 'set'],
  prompt_alias: ['created', 'deleted'],
}

/** An event as `model_version.created`. */
export type WebhookEvent = string

/** Every event one can subscribe to. */
export const webhookEvents: readonly WebhookEvent[] = webhookEntities.flatMap((entity) =>
  actionsOf[entity].map((action) => `${entity}.${action}`),
)

export type WebhookStatus = 'ACTIVE' | 'DISABLED'

/** Throws `webhook_events_invalid` for an action that does not happen to an entity. */
export function webhookEvent(entity: (typeof webhookEntities)[number], action: string): WebhookEvent {
  const valid = actionsOf[entity]
  if (valid.includes(action)) return `${entity}.${action}`
  const list = valid.map((one) => `'${one}'`).join(', ')
  const reason = `Invalid action '${action}' for entity '${entity}'. Valid actions are: [${list}]`
  throw new FabriqueError('webhook_events_invalid', { reason }, { field: 'events' })
}

/** Throws `webhook_events_invalid` when there is none, or one that does not exist. */
export function checkEvents(events: readonly WebhookEvent[]): readonly WebhookEvent[] {
  const wrong = events.find((event) => !webhookEvents.includes(event))
  if (wrong === undefined && events.length > 0) return [...new Set(events)]
  const reason = wrong === undefined ? 'Webhook events cannot be empty' : `Invalid event string format: ${wrong}`
  throw new FabriqueError('webhook_events_invalid', { reason }, { field: 'events' })
}

/** Throws `webhook_name_invalid`. */
export function checkName(name: string): void {
  if (/^(?=.{1,63}$)[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/is.test(name)) return
  throw new FabriqueError('webhook_name_invalid', { name: name.slice(0, 100) }, { field: 'name' })
}

function checkChars(path: string, text: string, charsMax: number): void {
  if (text.includes('\0')) throw invalidValue(path, text, 'must not contain NUL')
  if (text.length <= charsMax) return
  throw new FabriqueError('mlflow_value_too_long', { path, found: text.length, limit: charsMax }, { field: path })
}

export function checkTexts(texts: { readonly description?: string | undefined; readonly secret?: string | undefined }) {
  checkChars('description', texts.description ?? '', limit('webhooks.description_chars_max'))
  checkChars('secret', texts.secret ?? '', limit('webhooks.secret_chars_max'))
}

/** Throws `webhook_url_refused`. */
export function urlRefused(url: string, reason: string, cause?: unknown): FabriqueError {
  return new FabriqueError('webhook_url_refused', { url: url.slice(0, 200), reason }, { field: 'url', cause })
}

/** The address of a webhook, http or https, without credentials. Throws `webhook_url_refused`. */
export function parseUrl(text: string): URL {
  checkChars('url', text, limit('webhooks.url_chars_max'))
  if (text.trim() === '') throw urlRefused(text, 'Webhook URL cannot be empty or just whitespace')
  let url: URL
  try {
    url = new URL(text)
  } catch (error) {
    throw urlRefused(text, `'${text.slice(0, 200)}' is not an address`, error)
  }
  if (!/^https?:$/.test(url.protocol)) throw urlRefused(text, `scheme '${url.protocol.slice(0, -1)}' is not https`)
  if (url.username !== '' || url.password !== '') throw urlRefused(text, 'it must not hold a user and password')
  return url
}
