/** The part of the WebAssembly interface that the kernels use; the compiler's library has it only with that of browsers. */
export interface WasmMemory {
  readonly buffer: SharedArrayBuffer
}

/** Compiled code; it can be sent to a thread. */
export type WasmModule = object

interface WasmInterface {
  readonly Memory: new (size: { initial: number; maximum: number; shared: true }) => WasmMemory
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => WasmModule
  readonly Instance: new (
    module: WasmModule,
    imports: { readonly memory: { readonly shared: WasmMemory } },
  ) => { readonly exports: object }
}

/** Every Node.js release that we support has it, with threads and vectors. */
export const wasm: WasmInterface = (globalThis as typeof globalThis & { readonly WebAssembly: WasmInterface })
  .WebAssembly
