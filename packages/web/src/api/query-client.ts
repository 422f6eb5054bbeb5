import { QueryClient } from '@tanstack/react-query'
import { ApiProblem } from './api-problem.js'

/** What the server refused once it refuses again; only an absent server or a fault of its own is tried again. */
function worthRetrying(failureCount: number, error: Error): boolean {
  if (error instanceof ApiProblem && error.status >= 400 && error.status < 500) return false
  return failureCount < 2
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { retry: worthRetrying, retryDelay: 800, staleTime: 5_000, refetchOnWindowFocus: true },
    mutations: { retry: false },
  },
})
