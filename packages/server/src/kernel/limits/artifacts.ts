import type { Limit } from './limit.js'

/** Artifacts. */
export const artifactLimits = {
  'artifacts.path_bytes_max': { default: 2000, unit: 'bytes', description: 'Complete path of an artifact' },
  'artifacts.listed_max': { default: 100_000, unit: 'artifacts', description: 'Artifacts in one listing' },
} as const satisfies Record<string, Limit>

/** Uploads, links and blobs. */
export const uploadLimits = {
  'artifacts.upload_parts_max': { default: 10_000, unit: 'parts', description: 'Parts of one upload in parts' },
  'artifacts.uploads_max': { default: 1000, unit: 'uploads', description: 'Uploads in parts open at once' },
  'artifacts.upload_expiry_ms': {
    default: 86_400_000,
    unit: 'ms',
    description: 'Time without a part after which an upload in parts is dropped',
  },
  'artifacts.link_expiry_ms': {
    default: 604_800_000,
    unit: 'ms',
    description: 'Longest life of an address that reads or writes one artifact without credentials',
  },
  'artifacts.page_upload_bytes_max': {
    default: 10 * 1024 * 1024,
    unit: 'bytes',
    description: 'Largest artifact that a page uploads',
  },
  'blobs.grace_ms': {
    default: 3_600_000,
    unit: 'ms',
    description: 'Age below which content that nothing names stays, since a writer may be about to name it',
  },
  'blobs.staging_ms': {
    default: 86_400_000,
    unit: 'ms',
    description: 'Age after which an unfinished file on its way into the blob store is removed',
  },
} as const satisfies Record<string, Limit>
