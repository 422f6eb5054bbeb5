import type { FastifySchema } from 'fastify'
import { z } from 'zod'
import { datatypes } from '../runtime/tensor.js'

const Parameters = z.record(z.string(), z.unknown())

const InferenceTensor = z.object({
  name: z.string(),
  shape: z.array(z.number().int()),
  datatype: z.enum(datatypes),
  data: z.array(z.unknown()).optional().meta({ description: 'Flat or nested; absent where a block follows the JSON' }),
  parameters: Parameters.optional(),
})

/** What a client sends to the protocols of others. It describes requests; each protocol checks them itself, for its own errors. */
export const InferenceRequestBody = z
  .object({
    id: z.string().optional(),
    parameters: Parameters.optional(),
    inputs: z.array(InferenceTensor),
    outputs: z.array(z.object({ name: z.string(), parameters: Parameters.optional() })).optional(),
  })
  .meta({ id: 'InferenceRequest' })

export const RepositoryIndexBody = z.object({ ready: z.boolean().optional() }).meta({ id: 'RepositoryIndexRequest' })

export const RepositoryModelBody = z
  .object({ parameters: Parameters.optional() })
  .meta({ id: 'RepositoryModelRequest' })

export const TensorflowBody = z
  .object({
    signature_name: z.string().optional(),
    instances: z.array(z.unknown()).optional().meta({ description: 'Rows; or `inputs`' }),
    inputs: z.unknown().optional().meta({ description: 'Columns; or `instances`' }),
    context: Parameters.optional().meta({ description: 'Of :classify and :regress: features that all examples share' }),
    examples: z.array(Parameters).optional(),
  })
  .meta({ id: 'TensorflowRequest' })

export const ScoringBody = z
  .object({
    dataframe_split: z
      .object({
        columns: z.array(z.string()).optional(),
        data: z.array(z.array(z.unknown())),
        index: z.array(z.unknown()).optional(),
      })
      .optional(),
    dataframe_records: z.array(Parameters).optional(),
    instances: z.array(z.unknown()).optional(),
    inputs: z.unknown().optional(),
    params: Parameters.optional(),
  })
  .meta({ id: 'ScoringRequest', description: 'Exactly one of the first four' })

/** The options of a route whose body is described, and which checks it itself. */
export function describedBody(schema: FastifySchema, body: z.ZodType) {
  return { schema: { ...schema, body }, validatorCompiler: () => (value: unknown) => ({ value }) }
}
