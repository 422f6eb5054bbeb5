import type { FastifyRequest } from 'fastify'
import type { VerbContext } from '../verbs/index.js'

/** Who asks, and the parts of the platform, for one request. Given by `app` to the routes of each context. */
export type ContextOf = (request: FastifyRequest) => VerbContext
