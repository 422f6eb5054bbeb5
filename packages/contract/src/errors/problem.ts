import { z } from 'zod'
import { type ErrorCode, errorCodes } from './error-catalogue.js'
import { errorHint, errorMessage, type FabriqueError, type Language } from './fabrique-error.js'

/** The wire form of an error: RFC 9457 problem details with our stable code, the hint, the request id and the field. */
export const Problem = z
  .object({
    type: z.string().meta({ description: 'Name of the error; docs/errors.md describes each' }),
    title: z.string().meta({ description: 'What happened, in the language asked for' }),
    status: z.number().int(),
    code: z.enum(errorCodes as [ErrorCode, ...ErrorCode[]]),
    detail: z.string(),
    hint: z.string().meta({ description: 'What to do about it' }),
    params: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .meta({ description: 'The values the message names' }),
    request_id: z.string(),
    field: z.string().optional().meta({ description: 'Dotted path of the input field that is wrong' }),
  })
  .meta({ id: 'Problem', description: 'An error, as RFC 9457 application/problem+json' })
export type Problem = z.infer<typeof Problem>

/** Makes the problem document of an error. `status` may differ from the catalogue where a protocol dictates it. */
export function toProblem(error: FabriqueError, requestId: string, language: Language): Problem {
  const message = errorMessage(error, language)
  return {
    type: `urn:fabrique:error:${error.code}`,
    title: message,
    status: error.spec.status,
    code: error.code,
    detail: message,
    hint: errorHint(error, language),
    params: { ...error.params },
    request_id: requestId,
    ...(error.field === undefined ? {} : { field: error.field }),
  }
}
