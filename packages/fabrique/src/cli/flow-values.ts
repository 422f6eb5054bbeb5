import { readFile } from 'node:fs/promises'
import type { Json, Language } from '@fabrique/contract'
import { flowMessages } from './flow-messages.js'
import { wrongUse } from './wrong-use.js'

type Values = Readonly<Record<string, Json>>

/**
 * Values as they are given on a command line, by name. The schema tells which of them are texts: `month=2026` is a text where the flow
 * takes one, and a number elsewhere. What is not JSON is a text.
 */
export function valuesOf(pairs: readonly string[], schema: Values, flag: string, language: Language): Values {
  return Object.fromEntries(
    pairs.map((pair): readonly [string, Json] => {
      const at = pair.indexOf('=')
      if (at < 1) throw wrongUse(flag, flowMessages(language).pairExpected)
      const name = pair.slice(0, at)
      return [name, readValue(pair.slice(at + 1), typesOf(schema, name))]
    }),
  )
}

function readValue(text: string, types: readonly string[]): Json {
  if (types.length > 0 && types.every((type) => type === 'string')) return text
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** The types that a JSON Schema gives a property; none where it says nothing simple of it. */
function typesOf(schema: Values, name: string): readonly string[] {
  const property = memberOf(memberOf(schema, 'properties'), name)
  const type = memberOf(property, 'type')
  const choices = memberOf(property, 'enum')
  if (Array.isArray(choices)) return choices.map((choice) => typeof choice)
  if (Array.isArray(type)) return type.filter((one) => typeof one === 'string')
  return typeof type === 'string' ? [type] : []
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  return Object.hasOwn(value, name) ? (value as Values)[name] : undefined
}

/** The object of a JSON file. */
export async function valuesInFile(file: string, flag: string, language: Language): Promise<Values> {
  const text = await readFile(file, 'utf8').catch((error: Error) => {
    throw wrongUse(flag, error.message)
  })
  try {
    const parsed: Json = JSON.parse(text)
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Values
  } catch {
    // Said below.
  }
  throw wrongUse(flag, flowMessages(language).objectExpected)
}

/** Project and name in `PROJECT/FLOW`. */
export function flowRef(text: string, language: Language): { readonly project: string; readonly flow: string } {
  const [project = '', flow = '', ...more] = text.split('/')
  if (project === '' || flow === '' || more.length > 0) throw wrongUse('flow', flowMessages(language).flowExpected)
  return { project, flow }
}

/** A moment as people write it; without a zone a date is UTC, as everywhere. */
export function momentOf(text: string, flag: string, language: Language): string {
  const withZone = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`
  const moment = new Date(withZone)
  if (!/^\d{4}-\d{2}/.test(text) || Number.isNaN(moment.getTime())) {
    throw wrongUse(flag, flowMessages(language).momentExpected)
  }
  return moment.toISOString()
}

const unitsMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Takes in a time, as `10/1m`. */
export function rateOf(text: string, language: Language): { readonly takes: number; readonly per_ms: number } {
  const [, takes = '', count = '', unit = ''] = /^(\d{1,9})\/(\d{1,6})([smhd])$/.exec(text) ?? []
  const unitMs = Object.entries(unitsMs).find(([name]) => name === unit)?.[1]
  if (unitMs === undefined || Number(takes) < 1 || Number(count) < 1) {
    throw wrongUse('--rate', flowMessages(language).rateExpected)
  }
  return { takes: Number(takes), per_ms: Number(count) * unitMs }
}

export function positiveOf(text: string, flag: string, language: Language): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw wrongUse(flag, flowMessages(language).numberExpected)
  return value
}
