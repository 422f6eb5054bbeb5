import type { FeatureSpec, ModelSignature } from '@fabrique/contract'

/** Of which model a client is. */
export interface ClientModel {
  readonly model: string
  readonly version: string
  readonly signature: ModelSignature
}

const quoted = (text: string) => JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
const union = (parts: readonly string[]) => parts.join(' | ')

/** A line of a comment; what would end it is taken apart. */
const comment = (text: string) => `/** ${text.replaceAll('*/', '* /').replace(/\s+/g, ' ')} */`

function valueType({ type, values, nullable, takes_unseen }: FeatureSpec): string {
  const known =
    values === undefined || values.length === 0 || takes_unseen === true ? 'string' : union(values.map(quoted))
  const types = {
    number: 'number',
    integer: 'number',
    boolean: 'boolean',
    timestamp: 'string | number',
    text: known,
    category: known,
  }
  return nullable === true ? `${types[type]} | null` : types[type]
}

function member(feature: FeatureSpec): string {
  const { name, unit, min, max, nullable, type } = feature
  const range =
    min === undefined || max === undefined || type === 'timestamp' ? '' : `seen in training from ${min} to ${max}`
  const told = [unit === undefined ? '' : `in ${unit}`, range].filter((part) => part !== '').join(', ')
  const line = `  readonly ${quoted(name)}${nullable === true ? '?' : ''}: ${valueType(feature)}`
  return told === '' ? line : `  ${comment(told)}\n${line}`
}

/** The source of a typed client in TypeScript, of one file without dependencies. */
export function modelClient({ model, version, signature }: ClientModel): string {
  const { task, target, features, feature_lookup: lookup } = signature
  const members = features.map(member).join('\n')
  const given = features.filter(
    ({ name }) => lookup?.features.includes(name) !== true && lookup?.keys.includes(name) !== true,
  )
  const keys = lookup?.keys.map((key) => `  readonly ${quoted(key)}: string | number`) ?? []
  const classes = union(target.classes.map(quoted))
  const isClass = task === 'classification'
  const scores = `Readonly<Record<${classes}, number>>`
  const answer = isClass
    ? `  readonly prediction: ${classes}\n  readonly probabilities?: ${scores}\n  readonly scores?: ${scores}`
    : '  readonly prediction: number'
  return `${comment(`Client of the model ${model}, made from the signature of its version ${version}.`)}

${comment('The features of one row.')}
export interface Features {
${members}
}
${
  lookup === undefined
    ? ''
    : `
${comment('One row by key: its features are looked up.')}
export interface Keys {
${[...keys, ...given.map(member)].join('\n')}
}
`
}
export type Row = ${lookup === undefined ? 'Features' : 'Features | Keys'}

export interface Prediction {
${answer}
}

export interface AnsweredBy {
  readonly model: string
  readonly version: string
  readonly request_id: string
  readonly prediction_id?: string
}

export interface ClientOptions {
  ${comment('Address of the server, as http://127.0.0.1:8000')}
  readonly url: string
  readonly apiKey?: string
  ${comment('A number or an alias; the champion without.')}
  readonly version?: string
  readonly fetch?: typeof globalThis.fetch
}

${comment('What the server says of a request that it did not answer.')}
export class PredictionError extends Error {
  readonly status: number
  ${comment('Stable, as feature_value_wrong')}
  readonly code: string
  readonly hint: string | undefined
  ${comment('Seconds after which to ask again, where the server said so.')}
  readonly retryAfterSeconds: number | undefined

  constructor(reply: Response, problem: { readonly code?: string; readonly detail?: string; readonly hint?: string }) {
    super(problem.detail ?? reply.statusText)
    const retryAfter = Number(reply.headers.get('retry-after') ?? Number.NaN)
    this.status = reply.status
    this.code = problem.code ?? 'unknown'
    this.hint = problem.hint
    this.retryAfterSeconds = Number.isNaN(retryAfter) ? undefined : retryAfter
  }
}

export interface Client {
  predict(row: Row): Promise<Prediction & AnsweredBy>
  predictMany(rows: readonly Row[]): Promise<{ readonly predictions: readonly Prediction[] } & AnsweredBy>
}

export function createClient({ url, apiKey, version, fetch = globalThis.fetch }: ClientOptions): Client {
  const name = encodeURIComponent(${quoted(model)})
  const alias = version === undefined || /^\\d+$/.test(version) ? '' : '@' + encodeURIComponent(version)
  const number = version !== undefined && alias === '' ? '/versions/' + version : ''
  const address = url.replace(/\\/+$/, '') + '/api/v1/models/' + name + alias + number + '/predict'

  async function ask<Reply>(features: Row | readonly Row[]): Promise<Reply> {
    const reply = await fetch(address, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(apiKey === undefined ? {} : { authorization: 'Bearer ' + apiKey }),
      },
      body: JSON.stringify({ features }),
    })
    if (!reply.ok) throw new PredictionError(reply, await reply.json().catch(() => ({})))
    return (await reply.json()) as Reply
  }
  return { predict: (row) => ask(row), predictMany: (rows) => ask(rows) }
}
`
}
