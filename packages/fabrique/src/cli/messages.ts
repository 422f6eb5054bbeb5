import type { Language } from '@fabrique/contract'

/** Texts of the command line; English is the source. */
const en = {
  database: 'Database',
  databaseEmbedded: 'PostgreSQL 18, embedded',
  databaseExternal: 'PostgreSQL at DATABASE_URL',
  databaseAttached: 'PostgreSQL 18, embedded; it was still running',
  databaseStarting: 'starting PostgreSQL',
  databaseWaiting: 'The database at DATABASE_URL does not answer yet; waiting up to 30 s',
  databaseInit: 'creating the database, once',
  server: 'Server',
  worker: 'Worker',
  workerReady: 'ready',
  loop: (model: string) => `Loop of model ${model}`,
  loopUpToDate: 'nothing to do: the champion answers',
  stages: {
    source: 'Source',
    snapshot: 'Snapshot',
    checks: 'Checks',
    run: 'Run',
    model: 'Model',
    endpoint: 'Endpoint',
  },
  rows: (rows: string, columns: number) => `${rows} rows × ${columns} columns`,
  checksPassed: (passed: number, all: number) => `${passed} of ${all} passed`,
  accuracy: 'accuracy',
  macroF1: 'macro F1',
  isChampion: (version: string) => `version ${version} is champion`,
  notPromoted: (version: string) => `version ${version}, not promoted`,
  answers: (path: string, version: string) => `${path} answers with version ${version}`,
  pages: 'Pages',
  predict: 'Predict',
  api: 'API',
  tracking: 'Tracking',
  data: 'Data',
  stopHint: 'Stop with Ctrl-C',
  stopping: 'Stopping',
  stopped: 'Stopped; nothing is left running',
  restarting: (part: string, reason: string) => `The ${part} stopped (${reason}); starting it again`,
  parts: { server: 'server', worker: 'worker', database: 'database' },
  error: 'Error',
  hint: 'What to do',
  state: { up: 'up', down: 'down', degraded: 'degraded' },
  uptime: (seconds: number) => `up for ${seconds} s`,
  served: 'Served',
  nothingServed: 'no model yet',
  projects: 'Projects',
  doctorOk: 'Everything is fine',
  doctorFound: (count: number) => (count === 1 ? '1 problem found' : `${count} problems found`),
  from: 'from',
  loopRequested: (id: string) => `The loop runs as ${id}`,
}

type Messages = typeof en

const fr: Messages = {
  database: 'Base de données',
  databaseEmbedded: 'PostgreSQL 18, embarqué',
  databaseExternal: 'PostgreSQL de DATABASE_URL',
  databaseAttached: 'PostgreSQL 18, embarqué ; il tournait encore',
  databaseStarting: 'démarrage de PostgreSQL',
  databaseWaiting: 'La base de DATABASE_URL ne répond pas encore ; attente de 30 s au plus',
  databaseInit: 'création de la base, une seule fois',
  server: 'Serveur',
  worker: 'Worker',
  workerReady: 'prêt',
  loop: (model) => `Boucle du modèle ${model}`,
  loopUpToDate: 'rien à faire : le champion répond',
  stages: {
    source: 'Source',
    snapshot: 'Instantané',
    checks: 'Contrôles',
    run: 'Exécution',
    model: 'Modèle',
    endpoint: 'Point d’accès',
  },
  rows: (rows, columns) => `${rows} lignes × ${columns} colonnes`,
  checksPassed: (passed, all) => `${passed} sur ${all} réussis`,
  accuracy: 'exactitude',
  macroF1: 'F1 macro',
  isChampion: (version) => `la version ${version} est championne`,
  notPromoted: (version) => `version ${version}, non promue`,
  answers: (path, version) => `${path} répond avec la version ${version}`,
  pages: 'Pages',
  predict: 'Prédire',
  api: 'API',
  tracking: 'Suivi',
  data: 'Données',
  stopHint: 'Ctrl-C pour arrêter',
  stopping: 'Arrêt',
  stopped: 'Arrêté ; plus rien ne tourne',
  restarting: (part, reason) => `Arrêt de la partie ${part} (${reason}) ; elle redémarre`,
  parts: { server: 'serveur', worker: 'worker', database: 'base de données' },
  error: 'Erreur',
  hint: 'Que faire',
  state: { up: 'en marche', down: 'arrêté', degraded: 'dégradé' },
  uptime: (seconds) => `en marche depuis ${seconds} s`,
  served: 'Servi',
  nothingServed: 'aucun modèle pour l’instant',
  projects: 'Projets',
  doctorOk: 'Tout va bien',
  doctorFound: (count) => (count <= 1 ? `${count} problème trouvé` : `${count} problèmes trouvés`),
  from: 'vient de',
  loopRequested: (id) => `La boucle tourne sous ${id}`,
}

/** The texts in a language. */
export function messages(language: Language): Messages {
  return language === 'fr' ? fr : en
}

/** The language of the terminal: a given one, else that of the system. */
export function terminalLanguage(
  given: Language | undefined,
  env: Readonly<Record<string, string | undefined>>,
): Language {
  if (given !== undefined) return given
  const locale = env.LC_ALL || env.LC_MESSAGES || env.LANG || ''
  return locale.toLowerCase().startsWith('fr') ? 'fr' : 'en'
}
