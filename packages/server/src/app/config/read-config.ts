import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { FabriqueError } from '@fabrique/contract'
import { type Setting, type SettingName, type SettingValues, settingNames, settings } from './settings.js'

/** Where a value comes from: `flag --port`, `environment FABRIQUE_PORT`, `file …`, `default`. */
export type Origin = string

export interface Config extends SettingValues {
  /** Folder of the project or projects; the data folder is relative to it. */
  readonly projectDir: string
  /** `data_dir` as an absolute path. */
  readonly dataDir: string
  readonly origins: Readonly<Record<SettingName, Origin>>
}

export interface ConfigSources {
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly projectDir: string
}

export const settingsFile = 'fabrique.settings.json'

/** Variables with our prefix that are not settings of a server: the last is what commands log in with. */
const internalVariables = new Set(['FABRIQUE_SUPERVISED', 'FABRIQUE_API_KEY', 'FABRIQUE_SERVE_KEY'])

/** The known name nearest to a mistyped one, by edit distance. */
export function nearestName(name: string, known: readonly string[]): string {
  const distance = (left: string, right: string): number => {
    let row = Array.from({ length: right.length + 1 }, (_, index) => index)
    for (let i = 1; i <= left.length; i += 1) {
      const next = [i]
      for (let j = 1; j <= right.length; j += 1) {
        const cost = left[i - 1] === right[j - 1] ? 0 : 1
        next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, (row[j - 1] ?? 0) + cost))
      }
      row = next
    }
    return row[right.length] ?? 0
  }
  return [...known].sort((left, right) => distance(name, left) - distance(name, right))[0] ?? ''
}

function readFile(projectDir: string): { readonly path: string; readonly values: Readonly<Record<string, unknown>> } {
  const path = join(projectDir, settingsFile)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return { path, values: {} }
  }
  try {
    const values: unknown = JSON.parse(text)
    if (typeof values === 'object' && values !== null && !Array.isArray(values)) return { path, values: { ...values } }
    throw new Error('it must hold one JSON object')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new FabriqueError('config_invalid', { key: settingsFile, origin: `file ${path}`, reason }, { cause: error })
  }
}

function refuseUnknown(found: readonly string[], known: readonly string[], origin: string): void {
  for (const key of found) {
    if (!known.includes(key)) {
      throw new FabriqueError('config_unknown_key', { key, origin, nearest: nearestName(key, known) })
    }
  }
}

/**
 * Reads the configuration once: a flag wins over the environment, which wins over the file, which wins over the default.
 * Throws `config_invalid` or `config_unknown_key`.
 */
export function readConfig(sources: ConfigSources): Config {
  const projectDir = resolve(sources.projectDir)
  const file = readFile(projectDir)
  refuseUnknown(Object.keys(file.values), settingNames, `file ${file.path}`)
  const variables = settingNames.map((name) => settings[name].env)
  refuseUnknown(
    Object.keys(sources.env).filter((name) => name.startsWith('FABRIQUE_') && !internalVariables.has(name)),
    variables,
    'the environment',
  )
  const values: Partial<Record<SettingName, unknown>> = {}
  const origins: Partial<Record<SettingName, Origin>> = {}
  for (const name of settingNames) {
    const setting: Setting = settings[name]
    const { value, origin } = pick(name, setting, sources, file)
    origins[name] = origin
    if (value === undefined) continue
    const parsed = setting.schema.safeParse(value)
    if (!parsed.success) {
      const reason = (parsed.error.issues[0]?.message ?? 'invalid').replace(/^Invalid input: /, '')
      throw new FabriqueError('config_invalid', { key: name, origin, reason })
    }
    values[name] = parsed.data
  }
  const checked = values as SettingValues
  return {
    ...checked,
    projectDir,
    dataDir: resolve(projectDir, checked.data_dir),
    origins: origins as Record<SettingName, Origin>,
  }
}

function pick(
  name: SettingName,
  setting: Setting,
  { flags, env }: ConfigSources,
  file: { readonly path: string; readonly values: Readonly<Record<string, unknown>> },
): { value: unknown; origin: Origin } {
  const flag = setting.flag?.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase())
  if (flag !== undefined && flags[flag] !== undefined) return { value: flags[flag], origin: `flag --${setting.flag}` }
  const variable = env[setting.env]
  if (variable !== undefined && variable !== '') return { value: variable, origin: `environment ${setting.env}` }
  if (file.values[name] !== undefined) return { value: file.values[name], origin: `file ${file.path}` }
  return { value: setting.default, origin: 'default' }
}

function shownValue(value: unknown): string {
  if (value === undefined) return ''
  if (value instanceof Map) return [...value].map((pair) => pair.join('=')).join(',')
  return Array.isArray(value) ? value.join(',') : String(value)
}

/** Every setting with its value and origin, for people; secrets are hidden. */
export function explainConfig(config: Config): readonly {
  readonly name: SettingName
  readonly value: string
  readonly origin: Origin
  readonly unit: string
  readonly env: string
  readonly description: string
}[] {
  return settingNames.map((name) => {
    const setting: Setting = settings[name]
    const value = name === 'data_dir' ? config.dataDir : config[name]
    return {
      name,
      value: shownValue(value),
      origin: config.origins[name],
      unit: setting.unit ?? '',
      env: setting.env,
      description: setting.description,
    }
  })
}
