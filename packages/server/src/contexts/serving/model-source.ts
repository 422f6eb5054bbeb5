import type { ModelSignature } from '@fabrique/contract'
import type { MlflowModel } from './mlflow-model.js'
import type { ModelRuntime, RuntimeObserver } from './runtime/model-runtime.js'

/** A version that a source has. */
export interface SourceVersion {
  readonly version: string
  readonly aliases: readonly string[]
  /** Tells a version from one of the same name and number that was deleted, where a source may have such. */
  readonly identity?: string | undefined
}

export interface SourceModel {
  readonly model: string
  /** Newest first. A source of very many lists the newest, and all that have an alias. */
  readonly versions: readonly SourceVersion[]
}

/** The files of one version, by path from its folder. Each is checked against the hash that it is known by, where one is. */
export interface ModelFiles {
  readonly paths: readonly string[]
  /** Throws `blob_corrupt` where the content is another than is known. */
  read(path: string): Promise<Uint8Array>
  /** A folder of this disk that has them all, for programs that need one; `release` removes it where it was made for this. */
  checkOut(): Promise<{ readonly folder: string; release(): Promise<void> }>
}

/** What an opener is told of a version. */
export interface SourceFiles {
  readonly model: string
  readonly version: string
  readonly signature: ModelSignature | undefined
  /** What `MLmodel` says, without which the files are one ONNX file. */
  readonly description: MlflowModel | undefined
  readonly files: ModelFiles
}

/** Where models come from: the registry, or a folder. */
export interface ModelSource {
  list(): Promise<readonly SourceModel[]>
  /** The version with this number, also where `list` has it not; undefined where there is none. */
  find(model: string, version: string): Promise<SourceVersion | undefined>
  /** Throws `model_not_served` where the version is gone. */
  open(model: string, version: string): Promise<Omit<SourceFiles, 'description'>>
}

/** Makes a runtime of the files of a version. */
export interface ModelOpener {
  /** Whether it opens models of this kind; the first that does is asked. */
  takes(source: SourceFiles): boolean
  /** Throws a plain error with the reason where it cannot. */
  open(source: SourceFiles, observer: RuntimeObserver): Promise<OpenedModel>
}

export interface OpenedModel {
  readonly runtime: ModelRuntime
  /** Where the files say more than the source knows. */
  readonly signature?: ModelSignature | undefined
}
