import { useMemo, useState } from 'react'
import { ApiProblem } from '../../api/api-problem.js'
import { useI18n } from '../../i18n/use-i18n.jsx'
import {
  fieldTexts,
  type JsonObject,
  type ParamField,
  type ParamProblem,
  paramFields,
  readParams,
} from './param-fields.js'

export type ParamsMode = 'form' | 'json'

export interface ParamsDraft {
  readonly fields: readonly ParamField[]
  readonly mode: ParamsMode
  readonly texts: Readonly<Record<string, string>>
  readonly json: string
  readonly problems: Readonly<Record<string, ParamProblem | string>>
  readonly jsonProblem: string | undefined
  readonly setTexts: (texts: Readonly<Record<string, string>>) => void
  readonly setJson: (json: string) => void
  readonly setMode: (mode: ParamsMode) => void
  /** The parameters as they are to be sent; undefined, and from then on the problems are shown, where they cannot be. */
  readonly read: () => JsonObject | undefined
}

/** What is typed into the form of parameters, as fields or as JSON; a change of the way to write takes along what was typed. */
export function useParamsDraft(schema: JsonObject, initial: JsonObject, error: unknown): ParamsDraft {
  const { t, language } = useI18n()
  const fields = useMemo(() => paramFields(schema), [schema])
  const [texts, setTexts] = useState(() => fieldTexts(fields, initial, language))
  const [json, setJson] = useState(() => JSON.stringify(initial, null, 2))
  const [mode, setMode] = useState<ParamsMode>('form')
  const [wasSent, setWasSent] = useState(false)
  const form = readParams(fields, texts)
  const typed = readObject(json)
  const refused = error instanceof ApiProblem ? refusedField(error, fields) : undefined
  const change = (next: ParamsMode) => {
    if (next === mode) return
    if (next === 'json') setJson(JSON.stringify(form.params, null, 2))
    else if (typed !== undefined) setTexts(fieldTexts(fields, typed, language))
    setMode(next)
  }
  const read = () => {
    setWasSent(true)
    if (mode === 'json') return typed
    return Object.keys(form.problems).length > 0 ? undefined : form.params
  }
  return {
    fields,
    mode,
    texts,
    json,
    problems: {
      ...(refused === undefined ? {} : { [refused.name]: refused.message }),
      ...(wasSent ? form.problems : {}),
    },
    jsonProblem: wasSent && typed === undefined ? t.flows.params.noObject : undefined,
    setTexts,
    setJson,
    setMode: change,
    read,
  }
}

function readObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined
  } catch {
    return undefined
  }
}

/** The field that the server refused, as `params.month` or `month` names it. */
function refusedField({ field, message }: ApiProblem, fields: readonly ParamField[]) {
  const path = field?.replace(/^params[./]/, '')
  const name = fields.find((one) => path === one.name || path?.startsWith(`${one.name}.`))?.name
  return name === undefined ? undefined : { name, message }
}
