import type { Language } from '@fabrique/contract'

const en = {
  columns: (count: string) => `The ${count} columns of this snapshot; more may come, none may go`,
  rowsFromHistory: (snapshots: string, min: string, max: string) =>
    `${snapshots} snapshots had ${min} to ${max} rows; half as much again is allowed on both sides`,
  rowsOnce: (rows: string) => `${rows} rows, seen once: half to double is allowed until there is a history`,
  keyNotNull: 'Part of the key',
  declaredNotNull: 'Declared as never missing',
  neverMissing: (rows: string) => `Never missing in ${rows} rows`,
  seldomMissing: (missing: string, rows: string) => `Missing in ${missing} of ${rows} rows; twice as many are allowed`,
  key: 'The declared key',
  looksLikeKey: (rows: string) => `All ${rows} values differ, and the name is that of an identifier`,
  type: (type: string) => `Read as ${type}`,
  share: (min: string, max: string) => `Between ${min} and ${max}, as a share is`,
  range: (min: string, max: string) => `From ${min} to ${max} here; a quarter of the range is allowed on both sides`,
  rangeNotNegative: (min: string, max: string) =>
    `From ${min} to ${max} here and never negative; a quarter of the range is allowed above`,
  mean: (mean: string) => `The mean is ${mean}; half a standard deviation is allowed on both sides`,
  set: (distinct: string, rows: string) => `Only ${distinct} different values in ${rows} rows`,
  setMostly: (distinct: string, rows: string) =>
    `Only ${distinct} different values in ${rows} rows, some seen once: a few new ones are allowed`,
  length: (min: string, max: string) => `Texts of ${min} to ${max} characters; half to double is allowed`,
  sameLength: (length: string, rows: string) => `All ${rows} texts have ${length} characters`,
  notInFuture: (max: string) => `The latest is ${max}: nothing is dated after the day of the check`,
  fresh: (max: string, days: string) => `The newest is ${max}, ${days} days old; twice as old and a day is allowed`,
  earliest: (min: string) =>
    `The earliest is ${min}; as far back again is allowed, which finds dates such as 1900-01-01`,
}

const fr: typeof en = {
  columns: (count) => `Les ${count} colonnes de cet instantané ; d’autres peuvent venir, aucune ne peut partir`,
  rowsFromHistory: (snapshots, min, max) =>
    `${snapshots} instantanés ont eu de ${min} à ${max} lignes ; moitié moins et moitié plus sont admis`,
  rowsOnce: (rows) => `${rows} lignes, vues une fois : de la moitié au double tant qu’il n’y a pas d’historique`,
  keyNotNull: 'Partie de la clé',
  declaredNotNull: 'Déclarée comme jamais manquante',
  neverMissing: (rows) => `Jamais manquante sur ${rows} lignes`,
  seldomMissing: (missing, rows) => `Manquante sur ${missing} de ${rows} lignes ; deux fois plus est admis`,
  key: 'La clé déclarée',
  looksLikeKey: (rows) => `Les ${rows} valeurs sont toutes différentes, et le nom est celui d’un identifiant`,
  type: (type) => `Lue comme ${type}`,
  share: (min, max) => `Entre ${min} et ${max}, comme une part`,
  range: (min, max) => `De ${min} à ${max} ici ; un quart de l’étendue est admis de chaque côté`,
  rangeNotNegative: (min, max) =>
    `De ${min} à ${max} ici et jamais négative ; un quart de l’étendue est admis au-dessus`,
  mean: (mean) => `La moyenne est de ${mean} ; un demi-écart-type est admis de chaque côté`,
  set: (distinct, rows) => `Seulement ${distinct} valeurs différentes sur ${rows} lignes`,
  setMostly: (distinct, rows) =>
    `Seulement ${distinct} valeurs différentes sur ${rows} lignes, certaines vues une fois : quelques nouvelles sont admises`,
  length: (min, max) => `Textes de ${min} à ${max} caractères ; de la moitié au double est admis`,
  sameLength: (length, rows) => `Les ${rows} textes ont tous ${length} caractères`,
  notInFuture: (max) => `La plus récente est ${max} : rien n’est daté après le jour du contrôle`,
  fresh: (max, days) => `La plus récente est ${max}, vieille de ${days} jours ; le double et un jour est admis`,
  earliest: (min) =>
    `La plus ancienne est ${min} ; autant en arrière est admis, ce qui trouve des dates comme 1900-01-01`,
}

/** The reasons of proposed expectations. */
export type ProposalTexts = typeof en

export function proposalTexts(language: Language): ProposalTexts {
  return language === 'fr' ? fr : en
}
