import { sqlText } from '../../platform/index.js'

/**
 * SQL that writes Parquet as all parts are written. The encodings of the second version take a fifth less time and are a little smaller;
 * no reader of ours looks at Bloom filters.
 */
export function copyTo(target: string): string {
  return `to ${sqlText(target)} (format parquet, parquet_version v2, compression zstd, row_group_size 122880,
    write_bloom_filter false)`
}
