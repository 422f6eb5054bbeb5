import type { Language } from '@fabrique/contract'
import { pluralOf } from './plural.js'

const inEnglish = pluralOf('en')
const inFrench = pluralOf('fr')

/** Texts of `fabrique predict`; English is the source. */
const en = {
  reading: 'Reading',
  predicting: 'Predicting',
  progress: (done: string, total: string, rate: string) => `${done} of ${total} rows, ${rate} rows/s`,
  left: (seconds: number) => `${seconds} s left`,
  answered: (count: number) => inEnglish(count, '# row answered', '# rows answered'),
  written: (path: string, size: string, columns: number) =>
    `${path} (${size}, ${inEnglish(columns, '# column', '# columns')})`,
  rejected: (count: number) => inEnglish(count, '# row set aside', '# rows set aside'),
  reasonsIn: (path: string) => `reasons in ${path}`,
  resumed: (count: number) => inEnglish(count, '# row was done before', '# rows were done before'),
  took: (read: string, predict: string, write: string) =>
    `read in ${read} s, predicted in ${predict} s, written in ${write} s`,
  snapshot: (id: string, dataset: string) => `snapshot ${id} of ${dataset}`,
  asked: (job: string) => `A worker does it as ${job}`,
  projectNeeded: 'name the project that keeps the rows of the file',
}

export type PredictMessages = typeof en

const fr: PredictMessages = {
  reading: 'Lecture',
  predicting: 'Prédiction',
  progress: (done, total, rate) => `${done} lignes sur ${total}, ${rate} lignes/s`,
  left: (seconds) => `encore ${seconds} s`,
  answered: (count) => inFrench(count, '# ligne avec réponse', '# lignes avec réponse'),
  written: (path, size, columns) => `${path} (${size}, ${inFrench(columns, '# colonne', '# colonnes')})`,
  rejected: (count) => inFrench(count, '# ligne écartée', '# lignes écartées'),
  reasonsIn: (path) => `raisons dans ${path}`,
  resumed: (count) => inFrench(count, '# ligne déjà faite', '# lignes déjà faites'),
  took: (read, predict, write) => `lu en ${read} s, prédit en ${predict} s, écrit en ${write} s`,
  snapshot: (id, dataset) => `instantané ${id} de ${dataset}`,
  asked: (job) => `Un worker s’en charge dans ${job}`,
  projectNeeded: 'nommez le projet qui garde les lignes du fichier',
}

export function predictMessages(language: Language): PredictMessages {
  return language === 'fr' ? fr : en
}
