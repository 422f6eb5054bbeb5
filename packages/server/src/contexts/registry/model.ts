import { posix } from 'node:path'
import { FabriqueError, type ModelStage } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { invalidValue, missingValue } from '../../platform/mlflow/index.js'

/** The alias that predictions follow. */
export const championAlias = 'champion'

/** Models and versions with this tag are prompts. */
export const promptTag = 'mlflow.prompt.is_prompt'

export function isPromptTags(tags: Readonly<Record<string, string>>): boolean {
  return tags[promptTag]?.toLowerCase() === 'true'
}

/** Refuses texts that cannot be stored, or are too long. Characters are counted as Python counts them. */
export function checkChars(path: string, text: string, charsMax: number): void {
  if (text.includes('\0')) throw invalidValue(path, text, 'must not contain NUL')
  if (/\p{Surrogate}/u.test(text)) throw invalidValue(path, text, 'must be valid Unicode')
  const found = text.length > charsMax ? [...text].length : 0
  if (found > charsMax)
    throw new FabriqueError('mlflow_value_too_long', { path, found, limit: charsMax }, { field: path })
}

/** Refuses names that could be read as paths: clients may use them as such. */
function checkPlainPath(path: string, name: string): void {
  const plain = posix.normalize(name)
  if (plain === name && plain !== '.' && !plain.startsWith('..') && !plain.startsWith('/') && !plain.endsWith('/'))
    return
  throw invalidValue(
    path,
    name,
    `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${plain}'`,
  )
}

/** Refuses aliases that the address form `models:/name/suffix` could not tell from a version. Throws `alias_invalid`. */
export function checkAlias(alias: string): void {
  checkAliasText(alias)
  const reserved = (reason: string) => new FabriqueError('alias_invalid', { alias, reason }, { field: 'alias' })
  if (alias.toLowerCase() === 'latest') throw reserved("'latest' alias name (case insensitive) is reserved.")
  if (/^v\d+$/i.test(alias)) throw reserved(`Version alias name '${alias}' is reserved.`)
}

/** The form of an alias alone, for reading and deleting. Throws `alias_invalid`, `mlflow_value_too_long`. */
export function checkAliasText(alias: string): void {
  checkChars('Registered model alias name', alias, 255)
  if (/^[\p{L}\p{N}\p{M}_-]+$/u.test(alias)) return
  const reason =
    alias === ''
      ? 'Registered model alias name cannot be empty.'
      : `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`
  throw new FabriqueError('alias_invalid', { alias, reason }, { field: 'alias' })
}

/** Throws `mlflow_missing_parameter`, `model_name_invalid`, `mlflow_invalid_value` or `mlflow_value_too_long`. */
export function checkModelName(name: string, path = 'name'): void {
  if (name.trim() === '') throw missingValue(path)
  checkChars(path, name, limit('registry.model_name_chars_max'))
  if (/[/:]/.test(name)) throw new FabriqueError('model_name_invalid', { name }, { field: path })
  checkPlainPath(path, name)
}

export function checkDescription(description: string): void {
  checkChars('description', description, limit('registry.description_chars_max'))
}

const allowedKey = /^[/\p{L}\p{N}\p{M}_.\- :]*$/u

/** Tags of models and versions: a wrong one is an error, none is cut. */
export function checkTag(key: string, value: string): void {
  if (key === '') throw missingValue('key')
  if (!allowedKey.test(key)) {
    throw invalidValue(
      'key',
      key,
      'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    )
  }
  checkPlainPath('key', key)
  checkChars('key', key, limit('mlflow.key_chars_max'))
  checkChars('value', value, limit('registry.tag_value_chars_max'))
}

/** Checks the tags of a new model or version. Throws `model_tags_too_many` too. */
export function checkTags(tags: Readonly<Record<string, string>>, owner: string): void {
  const entries = Object.entries(tags)
  const tagsMax = limit('registry.tags_max')
  if (entries.length > tagsMax) throw new FabriqueError('model_tags_too_many', { owner, limit: tagsMax })
  for (const [key, value] of entries) checkTag(key, value)
}

const stages: readonly ModelStage[] = ['None', 'Staging', 'Production', 'Archived']

/** The stage that a text of any case names. Throws `model_stage_invalid`. */
export function canonicalStage(text: string): ModelStage {
  const stage = stages.find((candidate) => candidate.toLowerCase() === text.toLowerCase())
  if (stage === undefined) throw new FabriqueError('model_stage_invalid', { stage: text }, { field: 'stage' })
  return stage
}

/** True for the stages in which one version usually stands alone. */
export function isActiveStage(stage: ModelStage): boolean {
  return stage === 'Staging' || stage === 'Production'
}
