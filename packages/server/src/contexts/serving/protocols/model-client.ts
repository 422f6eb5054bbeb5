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
    image: 'Image',
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
  const images = features.filter(({ type }) => type === 'image').map(({ name }) => name)
  const answer = isClass
    ? `  readonly prediction: ${classes}\n  readonly probabilities?: ${scores}\n  readonly scores?: ${scores}`
    : '  readonly prediction: number'
  return `${comment(`Client of the model ${model}, made from the signature of its version ${version}.`)}

${images.length === 0 ? '' : imageType}${comment('The features of one row.')}
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
${images.length === 0 ? '' : '    const body = await bodyOf(features)\n'}    const reply = await fetch(address, {
      method: 'POST',
      headers: {
        ${images.length === 0 ? json : `...(typeof body === 'string' ? { ${json} } : {})`},
        ...(apiKey === undefined ? {} : { authorization: 'Bearer ' + apiKey }),
      },
      ${images.length === 0 ? 'body: JSON.stringify({ features })' : 'body'},
    })
    if (!reply.ok) throw new PredictionError(reply, await reply.json().catch(() => ({})))
    return (await reply.json()) as Reply
  }
  return { predict: (row) => ask(row), predictMany: (rows) => ask(rows) }
}
${images.length === 0 ? '' : imageFunctions}`
}

const imageType = `${comment('The file of an image: what a browser, or openAsBlob of node:fs, gives; or its base64.')}
export type Image = Blob | { readonly b64: string }

`

const json = "'content-type': 'application/json'"

/** One row with files goes as a form; several go as JSON, which is a third longer. */
const imageFunctions = `
async function bodyOf(features: Row | readonly Row[]): Promise<string | FormData> {
  if (Array.isArray(features)) return JSON.stringify({ features: await Promise.all(features.map(withoutFiles)) })
  const cells = Object.entries(features)
  if (!cells.some(([, value]) => value instanceof Blob)) return JSON.stringify({ features })
  const form = new FormData()
  for (const [name, value] of cells) {
    if (value instanceof Blob) form.append(name, value)
    else form.append(name, new Blob([JSON.stringify(value ?? null)], { type: 'application/json' }))
  }
  return form
}

async function withoutFiles(row: Row): Promise<Readonly<Record<string, unknown>>> {
  const cells = Object.entries(row).map(async ([name, value]) => [
    name,
    value instanceof Blob ? { b64: base64Of(new Uint8Array(await value.arrayBuffer())) } : value,
  ])
  return Object.fromEntries(await Promise.all(cells))
}

function base64Of(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768))
  return btoa(text)
}
`
