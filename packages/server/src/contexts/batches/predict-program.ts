import { answerBatch } from './answer-batch.js'

/** The process of one batch prediction, which a worker starts. It is a program of its own, whose clock is its age. */
answerBatch(() => process.uptime())
