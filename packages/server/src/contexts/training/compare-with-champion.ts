import { scoreFile, type TestSet, UnscorableError } from './score-file.js'
import type { ChampionAsked, ChampionScores } from './training-messages.js'

/**
 * Scores the champion of a model and the file of a candidate on the same rows. What keeps the champion from being scored is told, not
 * thrown.
 * @param candidate the file that was just trained
 */
export async function compareWithChampion(
  champion: ChampionAsked,
  candidate: Uint8Array,
  set: TestSet,
): Promise<ChampionScores> {
  const scored = await scoreChampion(champion, set)
  if (scored.kind === 'unscored') return scored
  try {
    return { kind: 'scored', champion: scored.metrics, candidate: await scoreFile(candidate, set) }
  } catch (error) {
    return unscoredBy(error)
  }
}

/** The metrics of one model on some rows, or why it has none. */
export type ModelScores =
  | { readonly kind: 'scored'; readonly metrics: Readonly<Record<string, number>> }
  | Extract<ChampionScores, { kind: 'unscored' }>

/** Scores a model that is there. What keeps it from being scored is told, not thrown. */
export async function scoreChampion(champion: ChampionAsked, set: TestSet): Promise<ModelScores> {
  const { task, classes } = set.experiment
  if (champion.task !== task) {
    return unscored(
      `it does ${champion.task}, and this ${task}`,
      `elle fait ${taskFr(champion.task)}, et celle-ci ${taskFr(task)}`,
    )
  }
  if (task === 'classification' && !hasSame(champion.classes, classes)) {
    const [own, these] = [shown(champion.classes), shown(classes)]
    return unscored(`its classes are ${own}, and these are ${these}`, `ses classes sont ${own}, et celles-ci ${these}`)
  }
  try {
    return { kind: 'scored', metrics: await scoreFile(champion.file, set) }
  } catch (error) {
    return unscoredBy(error)
  }
}

function unscoredBy(error: unknown): Extract<ChampionScores, { kind: 'unscored' }> {
  if (error instanceof UnscorableError) return { kind: 'unscored', why: error.why }
  const reason = error instanceof Error ? error.message : String(error)
  return unscored(reason, reason)
}

function unscored(reason: string, reason_fr: string): Extract<ChampionScores, { kind: 'unscored' }> {
  return { kind: 'unscored', why: { reason, reason_fr } }
}

function taskFr(task: ChampionAsked['task']): string {
  return task === 'regression' ? 'de la régression' : 'de la classification'
}

function hasSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name))
}

function shown(classes: readonly string[]): string {
  const first = classes.slice(0, 10).join(', ')
  return classes.length > 10 ? `${first}, …` : first
}
