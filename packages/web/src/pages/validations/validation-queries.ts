import { queryOptions } from '@tanstack/react-query'
import { call } from '../../api/client.js'

/** What these pages ask; the first word of a key is its topic, as in `api/queries.ts`. */
export const validationQueries = {
  validation: (validation: string) =>
    queryOptions({
      queryKey: ['validations', 'one', validation],
      queryFn: ({ signal }) => call('getValidation', { params: { validation }, signal }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
  failingRows: (validation: string, check: number, offset: number) =>
    queryOptions({
      queryKey: ['validations', 'one', validation, 'rows', check, offset],
      queryFn: ({ signal }) =>
        call('listFailingRows', { params: { validation }, query: { check, offset, limit: 50 }, signal }),
      placeholderData: (before) => before,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  proposedSuite: (snapshot: string) =>
    queryOptions({
      queryKey: ['snapshot', snapshot, 'proposed'],
      queryFn: ({ signal }) => call('proposeSuite', { params: { snapshot }, signal }),
    }),
} as const
