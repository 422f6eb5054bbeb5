import type { CsvDialect, Json, SourceDefinition, SourceFormat } from '@fabrique/contract'

/** How the text of a CSV file is read; what is left out is detected. */
export interface CsvOptions {
  readonly delimiter?: string
  readonly quote?: string
  /** Whether the first line names the columns; true by default. */
  readonly header?: boolean
  readonly encoding?: 'utf-8' | 'utf-16' | 'latin-1' | 'windows-1252'
  readonly decimal?: '.' | ','
  /** As `%d/%m/%Y`, in the letters of strftime. */
  readonly dateFormat?: string
  readonly timestampFormat?: string
  /** Texts that stand for no value. */
  readonly nullValues?: readonly string[]
}

/** One path or pattern, or several, relative to the folder of the project; as `data/usage_*.csv`. */
export type Paths = string | readonly string[]

const listOf = (paths: Paths): string[] => (typeof paths === 'string' ? [paths] : [...paths])

function dialectOf(options: CsvOptions): CsvDialect {
  const { delimiter, quote, header, encoding, decimal, dateFormat, timestampFormat, nullValues } = options
  return {
    header: header ?? true,
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(quote === undefined ? {} : { quote }),
    ...(encoding === undefined ? {} : { encoding }),
    ...(decimal === undefined ? {} : { decimal }),
    ...(dateFormat === undefined ? {} : { date_format: dateFormat }),
    ...(timestampFormat === undefined ? {} : { timestamp_format: timestampFormat }),
    ...(nullValues === undefined ? {} : { null_values: [...nullValues] }),
  }
}

/**
 * CSV files, also compressed (`.gz`, `.zst`), by path or pattern relative to the project. Delimiter, quotes, encoding and decimal comma are
 * detected where the options leave them out.
 */
export function csv(paths: Paths, options: CsvOptions = {}): SourceDefinition {
  return { kind: 'csv', paths: listOf(paths), dialect: dialectOf(options) }
}

/** Parquet files, by path or pattern relative to the project. */
export function parquet(paths: Paths): SourceDefinition {
  return { kind: 'parquet', paths: listOf(paths) }
}

/** JSON files: one list of objects, or an object on each line. By path or pattern relative to the project. */
export function json(paths: Paths): SourceDefinition {
  return { kind: 'json', paths: listOf(paths) }
}

/** How the files of a remote source are read; by the ending of their names when left out. */
export interface RemoteFormat {
  readonly format?: 'csv' | 'parquet' | 'json'
  /** Of CSV files. */
  readonly csv?: CsvOptions
}

const formats: Readonly<Record<string, SourceFormat['format']>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  parquet: 'parquet',
  pq: 'parquet',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
}

/** Throws when neither the options nor the name tell the format. */
function contentOf(name: string, options: RemoteFormat): SourceFormat {
  const path = name.replace(/[?#].*$/, '')
  const ending = /\.([^./]+?)(?:\.(?:gz|zst))?$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  const format = options.format ?? (options.csv === undefined ? formats[ending] : 'csv')
  if (format === undefined)
    throw new TypeError(`The format of ${name} is not known: give format: 'csv', 'parquet' or 'json'`)
  return format === 'csv' ? { format, dialect: dialectOf(options.csv ?? {}) } : { format }
}

/** An address, alone or with the checksum that its content must have. */
export type HttpFile = string | { readonly url: string; readonly sha256?: string }

export interface HttpOptions extends RemoteFormat {
  /** Name of the environment variable of the worker with a bearer token; it goes to the host of the address only. */
  readonly tokenEnv?: string
}

/** Files of the web, also compressed. Downloads that break are taken up where they broke. */
export function http(files: HttpFile | readonly HttpFile[], options: HttpOptions = {}): SourceDefinition {
  const listed = [files].flat().map((file) => (typeof file === 'string' ? { url: file } : file))
  return {
    kind: 'http',
    files: listed.map(({ url, sha256 }) => ({ url, ...(sha256 === undefined ? {} : { sha256 }) })),
    content: contentOf(listed[0]?.url ?? '', options),
    ...(options.tokenEnv === undefined ? {} : { token_env: options.tokenEnv }),
  }
}

export interface HuggingFaceOptions extends RemoteFormat {
  /** Branch, tag or commit; `main` by default. A commit never changes. */
  readonly revision?: string
  /** Name of the environment variable of the worker with the token, for data sets that need one; as `HF_TOKEN`. */
  readonly tokenEnv?: string
  /** Address of the hub. */
  readonly endpoint?: string
}

/** A file of a repository, alone or with the checksum that it must have. */
export type HuggingFaceFile = string | { readonly path: string; readonly sha256?: string }

/** Files of a data set repository of Hugging Face, as `huggingFace('scikit-learn/iris', 'Iris.csv')`. */
export function huggingFace(
  repository: string,
  files: HuggingFaceFile | readonly HuggingFaceFile[],
  options: HuggingFaceOptions = {},
): SourceDefinition {
  const { revision = 'main', endpoint = 'https://huggingface.co', ...rest } = options
  const root = `${endpoint.replace(/\/+$/, '')}/datasets/${repository}/resolve/${encodeURIComponent(revision)}`
  const listed = [files].flat().map((file) => (typeof file === 'string' ? { path: file } : file))
  return http(
    listed.map(({ path, ...checked }) => ({
      url: `${root}/${path.split('/').map(encodeURIComponent).join('/')}`,
      ...checked,
    })),
    rest,
  )
}

export interface PostgresOptions {
  /** Name of the environment variable of the worker with the address of the database; `DATABASE_URL` is that of Fabrique itself. */
  readonly urlEnv: string
  /** A column that only grows, as an id or the moment of writing: each ingest then reads only the rows beyond the last one. */
  readonly cursor?: string
}

/** The answer of one select of a PostgreSQL database. */
export function postgres(query: string, options: PostgresOptions): SourceDefinition {
  return {
    kind: 'postgres',
    url_env: options.urlEnv,
    query,
    ...(options.cursor === undefined ? {} : { cursor: options.cursor }),
  }
}

export interface S3Options extends RemoteFormat {
  /** Address of another server than AWS. */
  readonly endpoint?: string
  readonly region?: string
}

/**
 * Objects of an S3 server by address or pattern: `s3://bucket/usage_*.csv`, `s3://bucket/usage/**`. Credentials are those of the AWS
 * tools on the machine of the worker.
 */
export function s3(uri: string, options: S3Options = {}): SourceDefinition {
  return {
    kind: 's3',
    uri,
    content: contentOf(uri, options),
    ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint }),
    ...(options.region === undefined ? {} : { region: options.region }),
  }
}

/** Images of a folder, or of a zip, tar or tar.gz archive; the folder of an image is its label unless told otherwise. */
export function images(path: string, options: { readonly label?: 'folder' | 'none' } = {}): SourceDefinition {
  return { kind: 'images', path, label: options.label ?? 'folder' }
}

/** Files as they are, by folder or path. */
export function files(path: string): SourceDefinition {
  return { kind: 'files', path }
}

interface SyntheticOptions {
  readonly rows: number
  /** The same seed gives the same rows, byte for byte; 1 by default. */
  readonly seed?: number
}

/** As scikit-learn's `make_classification`. */
export interface SyntheticClassification extends SyntheticOptions {
  readonly nFeatures?: number
  readonly nInformative?: number
  readonly nRedundant?: number
  readonly nRepeated?: number
  readonly nClasses?: number
  readonly nClustersPerClass?: number
  /** Shares of the classes; the last may be left out. */
  readonly weights?: readonly number[]
  /** Share of rows whose class is drawn anew: label noise. */
  readonly flipY?: number
  /** Half of the distance between the clusters. */
  readonly classSep?: number
  readonly hypercube?: boolean
  readonly shift?: number
  readonly scale?: number
}

/** As scikit-learn's `make_regression`. */
export interface SyntheticRegression extends SyntheticOptions {
  readonly nFeatures?: number
  readonly nInformative?: number
  readonly bias?: number
  /** Standard deviation of the noise. */
  readonly noise?: number
  /** Of the first features, instead of drawn ones. */
  readonly coefficients?: readonly number[]
}

/** As scikit-learn's `make_blobs`. */
export interface SyntheticBlobs extends SyntheticOptions {
  readonly nFeatures?: number
  readonly centers?: number | readonly (readonly number[])[]
  readonly clusterStd?: number | readonly number[]
  readonly centerBox?: readonly [number, number]
}

/** Level, trend, season and noise, with a drift and gaps where they are asked for. */
export interface SyntheticTimeSeries extends SyntheticOptions {
  /** Moment of the first row, as `2024-01-01T00:00:00Z`. */
  readonly start?: string
  readonly stepSeconds?: number
  readonly level?: number
  /** By row. */
  readonly trend?: number
  /** In rows. */
  readonly seasonPeriod?: number
  readonly seasonAmplitude?: number
  /** Standard deviation of the noise. */
  readonly noise?: number
  /** Share of the rows without a value. */
  readonly missing?: number
  /** Share of the rows before the drift. */
  readonly driftAt?: number
  /** Added to the level from there on. */
  readonly driftMean?: number
  /** Factors of the noise, the amplitude and the period from there on. */
  readonly driftNoise?: number
  readonly driftAmplitude?: number
  readonly driftPeriod?: number
}

type Generator = Extract<SourceDefinition, { kind: 'synthetic' }>['generator']

function generate<Options extends SyntheticOptions>(generator: Generator, options: Options): SourceDefinition {
  const { rows, seed, ...given } = options
  const params: Record<string, Json> = {}
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined) params[name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)] = value as Json
  }
  return { kind: 'synthetic', generator, rows, seed: seed ?? 1, params }
}

/** Rows that nobody measured, from a seed. */
export const synthetic = {
  classification: (options: SyntheticClassification): SourceDefinition => generate('classification', options),
  regression: (options: SyntheticRegression): SourceDefinition => generate('regression', options),
  blobs: (options: SyntheticBlobs): SourceDefinition => generate('blobs', options),
  timeSeries: (options: SyntheticTimeSeries): SourceDefinition => generate('time_series', options),
} as const
