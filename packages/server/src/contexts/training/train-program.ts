import { answerTraining } from './answer-training.js'

/** The process of one training, which a worker starts. It is a program of its own, whose clock is its age. */
answerTraining(() => process.uptime())
