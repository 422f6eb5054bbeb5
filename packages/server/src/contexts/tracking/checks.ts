import { posix } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { limit } from '../../kernel/index.js'
import { invalidValue, missingValue } from '../../platform/mlflow/index.js'
import type { Tag } from './model.js'
import type { MetricPoint } from './schema.js'

const allowedName = /^[/\p{L}\p{N}\p{M}_.\- :]*$/u

function checkNoNul(text: string, path: string): void {
  if (text.includes('\0')) throw invalidValue(path, text, 'must not contain NUL')
}

/** Throws `mlflow_value_too_long`. Characters are counted as Python counts them. */
export function checkLength(path: string, text: string, charsMax: number): void {
  checkNoNul(text, path)
  const found = text.length > charsMax ? [...text].length : 0
  if (found > charsMax)
    throw new FabriqueError('mlflow_value_too_long', { path, found, limit: charsMax }, { field: path })
}

/** The start of a text, without half a character at its end. */
function cut(text: string, charsMax: number): string {
  return text.length <= charsMax ? text : [...text].slice(0, charsMax).join('')
}

/** Names of metrics, parameters and tags may become file names in other stores: they must be plain paths. */
export function checkKey(key: string, path: string): void {
  if (!allowedName.test(key)) {
    throw invalidValue(
      path,
      key,
      'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).',
    )
  }
  const plain = posix.normalize(key)
  if (plain !== key || plain === '.' || plain.startsWith('..') || plain.startsWith('/') || plain.endsWith('/')) {
    throw invalidValue(
      path,
      key,
      `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${plain}'`,
    )
  }
  checkLength(path, key, limit('mlflow.key_chars_max'))
}

/** A parameter as it is stored: a long value is cut, as MLflow does. `at` is the path of the parameter in the request. */
export function checkedParam(param: Tag, at = ''): Tag {
  checkKey(param.key, `${at}key`)
  checkNoNul(param.value, `${at}value`)
  return { key: param.key, value: cut(param.value, limit('mlflow.param_value_chars_max')) }
}

/** A tag of a run as it is stored: a long value is cut, as MLflow does. */
export function checkedTag(tag: Tag, at = ''): Tag {
  checkKey(tag.key, `${at}key`)
  checkNoNul(tag.value, `${at}value`)
  return { key: tag.key, value: cut(tag.value, limit('mlflow.tag_value_chars_max')) }
}

/** Names of metrics that were found good: programs send the same few again and again. */
const goodKeys = new Set<string>()
const goodKeysMax = 10_000

/** `index` is the place of the metric in the request, where it has one. */
export function checkMetric(metric: MetricPoint, index?: number): void {
  const isGood = goodKeys.has(metric.key)
  if (isGood && metric.timestamp >= 0) return
  const at = index === undefined ? '' : `metrics[${index}].`
  checkKey(metric.key, `${at}name`)
  if (!isGood) {
    if (goodKeys.size >= goodKeysMax) goodKeys.clear()
    goodKeys.add(metric.key)
  }
  if (metric.timestamp < 0) {
    throw invalidValue(
      `${at}timestamp`,
      metric.timestamp,
      `metric '${metric.key}' (value=${metric.value}). Timestamp must be a nonnegative long (64-bit integer)`,
    )
  }
}

/** Throws `mlflow_batch_too_large`. */
export function checkCount(entities: string, found: number, max: number): void {
  if (found > max) throw new FabriqueError('mlflow_batch_too_large', { entities, found, limit: max })
}

export function checkExperimentName(name: string): void {
  if (name === '') throw missingValue('name')
  checkLength('name', name, limit('mlflow.experiment_name_chars_max'))
}

export function checkArtifactLocation(location: string): void {
  const path = 'artifact_location'
  if (location.startsWith('runs:')) throw invalidValue(path, location, 'Artifact location cannot be a runs:/ URI')
  if (/[#;]/.test(location)) throw invalidValue(path, location, "URL can't include fragments or params.")
  if (/\?.*\.\./s.test(location)) throw invalidValue(path, location, 'its query is not safe')
  const most = limit('mlflow.artifact_location_chars_max')
  if (location.length > most) {
    throw invalidValue(
      path,
      location.slice(0, 50),
      `the length of the artifact path cannot be greater than ${most} characters`,
    )
  }
}

export function checkExperimentTag({ key, value }: Tag): void {
  checkKey(key, 'key')
  checkLength('value', value, limit('mlflow.experiment_tag_chars_max'))
}

/** The number in an experiment id. Throws `mlflow_invalid_value` for anything but digits, `experiment_not_found` for too many. */
export function checkedExperimentId(id: string, path = 'experiment_id'): string {
  if (!/^\d+$/.test(id)) {
    throw invalidValue(path, id, `Invalid experiment ID '${id.slice(0, 50)}'. Experiment ID must be a valid integer.`)
  }
  if (id.length > 18) throw new FabriqueError('experiment_not_found', { experiment: id.slice(0, 50) })
  return id
}

/** Ids of runs that a caller chooses. */
export function checkRunId(id: string): void {
  if (!/^[a-zA-Z0-9][\w-]{0,255}$/.test(id)) throw invalidValue('run_id', id, 'it must be letters, digits, _ and -')
}
