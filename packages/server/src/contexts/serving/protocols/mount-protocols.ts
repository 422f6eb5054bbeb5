import type { FastifyInstance } from 'fastify'
import type { ProtocolParts } from './inference-access.js'
import { mountKserveV1 } from './kserve-v1.js'
import { mountModelDocuments } from './model-documents.js'
import { mountOpenInference } from './open-inference.js'
import { mountScoring } from './scoring.js'

/** The protocols of others that models answer in, over HTTP, and what clients of one model are made of. */
export function mountProtocols(app: FastifyInstance, parts: ProtocolParts): void {
  mountOpenInference(app, parts)
  mountKserveV1(app, parts)
  mountScoring(app, parts)
  mountModelDocuments(app, parts)
}
