import type { Limit } from './limit.js'

/** Remotes of snapshots. */
export const remoteLimits = {
  'remotes.count_max': { default: 1000, unit: 'remotes', description: 'Remotes of one server' },
  'remotes.snapshots_max': { default: 100_000, unit: 'snapshots', description: 'Snapshots in one push or pull' },
  'remotes.manifest_bytes_max': {
    default: 256 * 1024 * 1024,
    unit: 'bytes',
    description: 'Description of one snapshot on a remote',
  },
  'remotes.heads_max': {
    default: 2000,
    unit: 'contents',
    description: 'Contents that are asked for one by one before a push; with more the remote is listed',
  },
  'gc.pack_live_share_min': {
    default: 0.5,
    unit: 'share',
    description: 'Share of a pack that is still needed below which it is written anew',
  },
} as const satisfies Record<string, Limit>

/** Repositories of DVC. */
export const dvcLimits = {
  'dvc.file_bytes_max': { default: 16 * 1024 * 1024, unit: 'bytes', description: 'A .dvc, dvc.yaml or dvc.lock file' },
  'dvc.list_bytes_max': {
    default: 256 * 1024 * 1024,
    unit: 'bytes',
    description: 'The list of the files of a folder that DVC tracks',
  },
  'dvc.outputs_max': { default: 10_000, unit: 'outputs', description: 'Outputs of a DVC repository adopted at once' },
  'dvc.scanned_max': {
    default: 2_000_000,
    unit: 'entries',
    description: 'Files and folders of a repository that are looked at for .dvc files',
  },
} as const satisfies Record<string, Limit>
