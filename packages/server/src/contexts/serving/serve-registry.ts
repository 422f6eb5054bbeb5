import type { VerbContext } from '../../platform/index.js'
import type { ModelServerOptions } from './model-server.js'
import { onnxOpener } from './onnx-opener.js'
import { registrySource } from './registry-source.js'
import { tellNotServed, tellServed } from './tell-served.js'

/** What a server of the registry's models is opened with; the lineage is told what it serves. */
export function servingFromRegistry(
  ctx: VerbContext,
  { threads }: { readonly threads: number },
): Pick<ModelServerOptions, 'source' | 'openers' | 'clock' | 'log' | 'onServed'> {
  return {
    source: registrySource(ctx),
    openers: [onnxOpener({ clock: ctx.clock, threads })],
    clock: ctx.clock,
    log: ctx.log,
    onServed: (model, version) =>
      version === undefined ? tellNotServed(ctx, model) : tellServed(ctx, { model, version }),
  }
}
