import { totalmem } from 'node:os'
import { trainingRegistry } from '../contexts/flows/index.js'
import type { TrainingTools } from '../contexts/training/index.js'
import { limit } from '../kernel/index.js'

/** Share of the memory of a machine that one training may take. */
const memoryShareMax = 0.8

/** What the trainings of a worker use, those of loops and those that are asked for. */
export function trainingToolsOf(given: Pick<TrainingTools, 'threads' | 'environment' | 'script'>): TrainingTools {
  return {
    ...given,
    ...trainingRegistry,
    // On a small machine a training ends before the system ends something else.
    memoryBytesMax: Math.min(limit('training.memory_bytes_max'), Math.round(totalmem() * memoryShareMax)),
  }
}
