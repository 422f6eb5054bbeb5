/** Files that can be sent, by their ending. */
export const uploadPattern = /\.(csv|tsv|json|ndjson|jsonl)(\.gz|\.zst)?$|\.parquet$/i

/** What names of datasets look like: `Slug` of the contract. */
export const slugPattern = /^[a-z0-9][a-z0-9_-]{0,62}$/

/** A name for the dataset that a file becomes; one that the project declares is taken, as uploads may not change it. */
export function nameOfFile(file: string, declared: readonly string[]): string {
  const name =
    file
      .replace(uploadPattern, '')
      .normalize('NFD')
      .replace(/\p{Mark}/gu, '')
      .toLowerCase()
      .replace(/[^a-z0-9_-]+/g, '-')
      .replace(/^[^a-z0-9]+|-+$/g, '')
      .slice(0, 55) || 'data'
  return declared.includes(name) ? `${name}-upload` : name
}
