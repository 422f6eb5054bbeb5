import type { StoredChange } from '../registry/index.js'
import type { WebhookEvent } from './model.js'

type Data = Readonly<Record<string, unknown>>

/** What subscribers are told of one change of the registry. */
export interface WebhookMessage {
  readonly event: WebhookEvent
  readonly data: Data
}

const promptTags = {
  isPrompt: 'mlflow.prompt.is_prompt',
  type: '_mlflow_prompt_type',
  text: 'mlflow.prompt.text',
}

function without(tags: Readonly<Record<string, string>>, ...keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(tags).filter(([key]) => !keys.includes(key)))
}

/** The message of a change, in the form of MLflow; undefined for changes that it has no event for. */
export function messageOf(change: StoredChange): WebhookMessage | undefined {
  switch (change.what) {
    case 'model':
      return change.from_value === null ? ofNewModel(change) : undefined
    case 'version':
      return change.to_value === null ? undefined : ofNewVersion(change)
    case 'alias':
      return ofAlias(change)
    case 'tag':
      return ofTag(change)
    case 'stage':
    case 'description':
      return undefined
  }
}

function ofNewModel({ model, is_prompt, detail }: StoredChange): WebhookMessage {
  const { tags = {}, description = '' } = detail ?? {}
  if (!is_prompt) return { event: 'registered_model.created', data: { name: model, tags, description } }
  const shown = without(tags, promptTags.isPrompt, promptTags.type)
  return { event: 'prompt.created', data: { name: model, tags: shown, description } }
}

function ofNewVersion({ model, version, is_prompt, detail }: StoredChange): WebhookMessage {
  const { tags = {}, description = '', source = '', run_id } = detail ?? {}
  const named = { name: model, version: String(version) }
  const described = description === '' ? null : description
  if (!is_prompt) {
    const data = { ...named, source, run_id: run_id ?? null, tags, description: described }
    return { event: 'model_version.created', data }
  }
  const shown = without(tags, promptTags.isPrompt, promptTags.type, promptTags.text)
  const data = { ...named, template: tags[promptTags.text] ?? null, tags: shown, description: described }
  return { event: 'prompt_version.created', data }
}

function ofAlias({ model, key, to_value, is_prompt }: StoredChange): WebhookMessage {
  const entity = is_prompt ? 'prompt_alias' : 'model_version_alias'
  if (to_value === null) return { event: `${entity}.deleted`, data: { name: model, alias: key } }
  return { event: `${entity}.created`, data: { name: model, alias: key, version: to_value } }
}

function ofTag({ model, version, key, to_value, is_prompt }: StoredChange): WebhookMessage | undefined {
  const value = to_value === null ? {} : { value: to_value }
  const action = to_value === null ? 'deleted' : 'set'
  if (version !== null) {
    const entity = is_prompt ? 'prompt_version_tag' : 'model_version_tag'
    return { event: `${entity}.${action}`, data: { name: model, version: String(version), key, ...value } }
  }
  // Tags of models have no event, those of prompts do.
  return is_prompt ? { event: `prompt_tag.${action}`, data: { name: model, key, ...value } } : undefined
}

/** The body of a message, as it is sent. */
export function bodyOf({ event, data }: WebhookMessage, at: Date): string {
  const [entity, action] = event.split('.')
  return JSON.stringify({ entity, action, timestamp: at.toISOString(), data })
}

/** A message as an event would make it, to try a webhook. */
export function sampleOf(event: WebhookEvent): WebhookMessage {
  const [entity = '', action = ''] = event.split('.')
  const isPrompt = entity.startsWith('prompt')
  const name = isPrompt ? 'example_prompt' : 'example_model'
  const tags = { example_key: 'example_value' }
  const ofVersion = /_version/.test(entity) && !entity.endsWith('alias') ? { version: '1' } : {}
  if (entity.endsWith('alias')) {
    return { event, data: { name, alias: 'example_alias', ...(action === 'created' ? { version: '1' } : {}) } }
  }
  if (entity.endsWith('tag')) {
    const value = action === 'set' ? { value: 'example_value' } : {}
    return { event, data: { name, ...ofVersion, key: 'example_key', ...value } }
  }
  const description = `An example of ${entity.replaceAll('_', ' ')}`
  if (entity === 'model_version') {
    const files = { source: 'models:/123', run_id: 'abcd1234abcd5678' }
    return { event, data: { name, ...ofVersion, ...files, tags, description } }
  }
  const template = entity === 'prompt_version' ? { template: 'Hello {{name}}!' } : {}
  return { event, data: { name, ...ofVersion, ...template, tags, description } }
}
