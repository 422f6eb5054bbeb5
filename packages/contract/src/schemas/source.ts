import { z } from 'zod'
import { Json, Sha256, Slug } from './common.js'

/** How the text of a CSV file is read; what is left out is detected. */
export const CsvDialect = z.strictObject({
  delimiter: z.string().length(1).optional(),
  quote: z.string().length(1).optional(),
  header: z.boolean().default(true),
  encoding: z.enum(['utf-8', 'utf-16', 'latin-1', 'windows-1252']).optional(),
  decimal: z.enum(['.', ',']).optional(),
  date_format: z.string().max(60).optional().meta({ description: 'As %d/%m/%Y, in the letters of strftime' }),
  timestamp_format: z.string().max(60).optional(),
  null_values: z.array(z.string().max(100)).max(50).optional().meta({ description: 'Texts that stand for no value' }),
})
export type CsvDialect = z.infer<typeof CsvDialect>

/** How the bytes that a source gives are to be read. */
export const SourceFormat = z.discriminatedUnion('format', [
  z.strictObject({ format: z.literal('csv'), dialect: CsvDialect.default({ header: true }) }),
  z.strictObject({ format: z.literal('parquet') }),
  z.strictObject({ format: z.literal('json') }).meta({ description: 'One list of objects, or an object on each line' }),
])
export type SourceFormat = z.infer<typeof SourceFormat>

const paths = z
  .array(z.string().min(1).max(2000))
  .min(1)
  .max(1000)
  .meta({ description: 'Files or patterns as data/month_*/usage.csv, relative to the folder of the project' })

/** The name of an environment variable of the worker; the secret itself is never stored. */
const EnvName = z.string().regex(/^[A-Z][A-Z0-9_]{0,99}$/, 'must be the name of an environment variable')

/** Where the data of a data set comes from. */
export const SourceDefinition = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('csv'), paths, dialect: CsvDialect.default({ header: true }) }),
  z.strictObject({ kind: z.literal('parquet'), paths }),
  z.strictObject({ kind: z.literal('json'), paths }),
  z.strictObject({
    kind: z.literal('http'),
    files: z
      .array(
        z.strictObject({
          url: z.url({ protocol: /^https?$/ }),
          sha256: Sha256.optional().meta({ description: 'Refused where the content is another' }),
        }),
      )
      .min(1)
      .max(10_000),
    content: SourceFormat,
    token_env: EnvName.optional().meta({ description: 'Environment variable with a bearer token' }),
  }),
  z.strictObject({
    kind: z.literal('postgres'),
    url_env: EnvName.meta({ description: 'Environment variable with the address of the database' }),
    query: z.string().min(1).max(100_000).meta({ description: 'One select' }),
    cursor: z.string().min(1).optional().meta({ description: 'Column that only grows: only rows beyond it are read' }),
  }),
  z.strictObject({
    kind: z.literal('s3'),
    uri: z
      .string()
      .regex(/^s3:\/\/[^/]+\/.+/, 'must be s3://bucket/key or a pattern')
      .meta({ description: 'As s3://bucket/usage/*.csv' }),
    content: SourceFormat,
    endpoint: z.url().optional().meta({ description: 'Of another server than AWS' }),
    region: z.string().max(60).optional(),
  }),
  z.strictObject({
    kind: z.literal('images'),
    path: z.string().min(1).max(2000).meta({ description: 'Folder, or zip, tar or tar.gz archive' }),
    label: z
      .enum(['folder', 'none'])
      .default('folder')
      .meta({ description: 'Whether the folder of an image is its label' }),
  }),
  z.strictObject({
    kind: z.literal('files'),
    path: z.string().min(1).max(2000).meta({ description: 'Folder or file, taken as it is' }),
  }),
  z.strictObject({
    kind: z.literal('synthetic'),
    generator: z.enum(['classification', 'regression', 'blobs', 'time_series']),
    rows: z.number().int().min(1).max(100_000_000),
    seed: z.number().int().min(0).max(4_294_967_295).default(1),
    params: z.record(z.string(), Json).default({}),
  }),
  z.strictObject({
    kind: z.literal('custom'),
    driver: Slug.meta({ description: 'Name of a driver that the project defines in code' }),
    options: z.record(z.string(), Json).default({}),
  }),
])
export type SourceDefinition = z.infer<typeof SourceDefinition>
export type SourceKind = SourceDefinition['kind']
