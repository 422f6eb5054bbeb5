/** The messages of proto/inference.proto as they are decoded: every field is there, with the default of its type where nothing was sent. */

/** A number of 64 bits. */
export interface Int64 {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

export interface TensorContents {
  readonly bool_contents: readonly boolean[]
  readonly int_contents: readonly number[]
  readonly int64_contents: readonly Int64[]
  readonly uint_contents: readonly number[]
  readonly uint64_contents: readonly Int64[]
  readonly fp32_contents: readonly number[]
  readonly fp64_contents: readonly number[]
  readonly bytes_contents: readonly Uint8Array[]
}

/** What names a model; the version is a number or an alias, or empty. */
export interface ModelRequest {
  readonly name: string
  readonly version: string
}

export interface InputTensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly Int64[]
  readonly parameters: Readonly<Record<string, unknown>>
  readonly contents: TensorContents | null
}

export interface ModelInferRequest {
  readonly model_name: string
  readonly model_version: string
  readonly id: string
  readonly inputs: readonly InputTensor[]
  readonly outputs: readonly { readonly name: string; readonly parameters: Readonly<Record<string, unknown>> }[]
  readonly raw_input_contents: readonly Uint8Array[]
}

export interface OutputTensor {
  readonly name: string
  readonly datatype: string
  readonly shape: readonly number[]
  readonly contents?: Partial<TensorContents>
}

export interface ModelInferResponse {
  readonly model_name: string
  readonly model_version: string
  readonly id: string
  readonly outputs: readonly OutputTensor[]
  readonly raw_output_contents?: readonly Uint8Array[]
}

/** Clients of Triton name a repository first; those of KServe have the model there and nothing after it. */
export interface RepositoryModelRequest {
  readonly repository_or_model: string
  readonly model_name: string
}
