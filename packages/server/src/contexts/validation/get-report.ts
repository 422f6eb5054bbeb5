import { type ExpectationHistory, isFabriqueError, type Language, type Snapshot } from '@fabrique/contract'
import { z } from 'zod'
import { limit } from '../../kernel/index.js'
import { readVerb, type VerbContext } from '../../platform/index.js'
import { getSnapshot } from '../datasets/index.js'
import { suiteIdentities } from './expectation-identity.js'
import { historiesByIdentity } from './list-expectation-history.js'
import { renderReport } from './report/render-report.js'
import { findValidation, toValidation } from './store.js'

const historySnapshots = 30

/** A validation as one HTML page that opens without a server; throws `validation_not_found`. */
export const getReport = readVerb({
  name: 'validation.get_report',
  permission: 'datasets.read',
  input: z.object({
    validation: z.string(),
    language: z.custom<Language>((value) => value === 'en' || value === 'fr'),
  }),
  async run({ ctx, input: { validation: id, language } }): Promise<string> {
    const validation = toValidation(await findValidation(ctx, id))
    const { project, dataset, suite, checks } = validation
    const histories = await historiesByIdentity(ctx, { project, dataset }, historySnapshots, suite)
    const identities = suiteIdentities(checks.map(({ expectation }) => expectation))
    const history = new Map<number, ExpectationHistory['points']>()
    for (const [place, identity] of identities.entries()) {
      const points = histories.get(identity)
      if (points !== undefined) history.set(place, points)
    }
    return renderReport({
      validation,
      snapshot: await snapshotIfThere(ctx, validation.snapshot_id),
      history,
      language,
      writtenAt: ctx.clock.now(),
      bytesMax: limit('validation.report_bytes_max'),
    })
  },
})

async function snapshotIfThere(ctx: VerbContext, snapshot: string): Promise<Snapshot | undefined> {
  try {
    return await getSnapshot({ ctx, input: { snapshot } })
  } catch (error) {
    if (isFabriqueError(error) && error.code === 'snapshot_not_found') return undefined
    throw error
  }
}
