import type { ModelSignature } from '@fabrique/contract'
import type { VerbContext } from '../../platform/index.js'
import type { Reason } from './comparison.js'

/** Makes a model folder a version of a model; given from above, since the registry is no lower context. */
export type RegisterModel = (
  ctx: VerbContext,
  model: {
    readonly model: string
    readonly run_id: string
    readonly source: string
    readonly artifact_path: string
    readonly signature: ModelSignature
    readonly snapshot_id: string
  },
) => Promise<{ readonly version: number | string }>

/** The version of a model that predictions come from. */
export interface Champion {
  readonly version: string
  /** The run that made it, where one did. */
  readonly runId: string | undefined
  /** Its folder in the artifact tree; absent where its files are kept elsewhere. */
  readonly artifactPath: string | undefined
  readonly signature: ModelSignature | undefined
}

/** Makes a version the champion of its model. Throws `alias_moved_meanwhile` where another one is by now. */
export type PromoteModel = (
  ctx: VerbContext,
  move: {
    readonly model: string
    readonly version: string
    /** The champion that it was compared with; undefined for none. */
    readonly before: string | undefined
    readonly reason: string
  },
) => Promise<void>

/** What a training does with the registry. */
export interface TrainingRegistry {
  readonly register: RegisterModel
  readonly champion: (ctx: VerbContext, model: string) => Promise<Champion | undefined>
  readonly promote: PromoteModel
  /** Why no version of a model becomes its champion by itself at the moment; undefined where one may. */
  readonly blocked?: (ctx: VerbContext, model: string) => Promise<Reason | undefined>
}

/** What scripts are run with. */
export interface ScriptTools {
  /** Address of the server that they log to. */
  readonly trackingUri: string
  /** By what they log in there, where a login is needed; looked up for each. */
  readonly trackingToken?: () => string
  /** The Python of the settings. */
  readonly python?: string
  /** The environment of the worker, of which they see some. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The folder of a project on this machine. */
  readonly folderOf: (project: string) => string | undefined
}

/** What a training gets from above. */
export interface TrainingTools extends TrainingRegistry {
  readonly threads: number
  /** Logged with each run: versions of program, Node and code. */
  readonly environment: (project: string) => Readonly<Record<string, string>>
  /** Memory that the process of a training may take; the limit without. */
  readonly memoryBytesMax?: number
  /** Without it models of scripts are refused. */
  readonly script?: ScriptTools
  /** Told of the process of each training. */
  readonly onProcess?: (pid: number) => void
}
