import { isFabriqueError, type Json, ResultFormat } from '@fabrique/contract'
import { z } from 'zod'
import { readVerb } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { findDeclared } from './declared-suite.js'
import { toGxSuite } from './engine/index.js'
import { getSuite } from './get-suite.js'
import { findValidation, toValidation } from './store.js'
import { gxFromStored, gxResult, membersOf } from './use-engine.js'

/** A suite as Great Expectations writes it; `declared` is that of the project. Throws `suite_not_found`. */
export const getGxSuite = readVerb({
  name: 'validation.get_gx_suite',
  permission: 'datasets.read',
  input: z.object({ project: z.string(), dataset: z.string(), suite: z.string() }),
  async run({ ctx, input }): Promise<Record<string, Json>> {
    return membersOf(toGxSuite(await getSuite({ ctx, input })))
  },
})

/**
 * A validation as Great Expectations writes it. It is evaluated again, as of the moment of the validation: the snapshot is still the
 * same, and the kept result has less than some formats ask for. Of a snapshot that was erased there is what was kept. Throws
 * `validation_not_found`.
 */
export const getGxResult = readVerb({
  name: 'validation.get_gx_result',
  permission: 'datasets.read',
  input: z.object({ validation: z.string(), result_format: ResultFormat.default('SUMMARY') }),
  async run({ ctx, input }): Promise<Record<string, Json>> {
    const validation = toValidation(await findValidation(ctx, input.validation))
    try {
      const snapshot = await getSnapshot({ ctx, input: { snapshot: validation.snapshot_id } })
      const declared = await findDeclared(ctx, validation)
      const names = new Set(snapshot.columns.map(({ name }) => name))
      const key = (declared?.key ?? []).filter((name) => names.has(name))
      return await gxResult(ctx, snapshot, validation, { resultFormat: input.result_format, key })
    } catch (error) {
      const isGone =
        isFabriqueError(error) && ['snapshot_not_found', 'blob_not_found', 'dataset_not_found'].includes(error.code)
      if (!isGone) throw error
      return gxFromStored(validation, input.result_format)
    }
  },
})
