import { createRequire } from 'node:module'
import type { TransformOptions, TransformResult } from 'jiti'

type Transform = (options: TransformOptions) => TransformResult

/** What turns the TypeScript of a project into JavaScript. It takes megabytes, and is of no use once the project is loaded. */
export interface CodeTransform {
  readonly transform: Transform
  /** Lets go of it; it is loaded again where it is asked for later. */
  release(): void
}

export function codeTransform(): CodeTransform {
  let loaded: Transform | undefined
  const { resolve, cache } = createRequire(import.meta.url)
  const file = createRequire(resolve('jiti')).resolve('../dist/babel.cjs')
  return {
    transform(options) {
      // Of a loader of its own: nothing else keeps what it loads.
      loaded ??= createRequire(import.meta.url)(file) as Transform
      return loaded(options)
    },
    release() {
      loaded = undefined
      delete cache[file]
    },
  }
}
