/** Where an S3 source points to. */
export interface S3Place {
  readonly bucket: string
  /** The beginning that all keys have. */
  readonly prefix: string
  /** Undefined where one object is named. */
  readonly matches: ((key: string) => boolean) | undefined
}

/**
 * Reads `s3://bucket/key`, `s3://bucket/folder/` (all below it) or a pattern: `*` stands for any letters of one name, `**` for any
 * number of folders, `?` for one letter.
 */
export function readS3Uri(uri: string): S3Place {
  const [, bucket = '', path = ''] = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri) ?? []
  const pattern = path.endsWith('/') ? `${path}**` : path
  const wild = pattern.search(/[*?]/)
  if (wild < 0) return { bucket, prefix: pattern, matches: undefined }
  const expression = new RegExp(
    `^${pattern
      // `a/**/b` also finds `a/b`.
      .split(/(\*\*\/|\*\*|\*|\?)/)
      .map((part) => wildcards[part] ?? part.replace(/[.*+?^$(){}|[\]\\]/g, '\\$&'))
      .join('')}$`,
    'su',
  )
  return { bucket, prefix: pattern.slice(0, wild), matches: (key) => expression.test(key) }
}

const wildcards: Readonly<Record<string, string>> = { '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' }
