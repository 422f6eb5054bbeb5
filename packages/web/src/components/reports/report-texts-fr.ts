import { pluralOf } from '../../i18n/plural.js'
import type { ReportTexts } from './report-texts-en.js'

const plural = pluralOf('fr')

/** Les textes des rapports en français. */
export const reportTexts: ReportTexts = {
  none: 'Cette exécution n’a pas de rapports',
  noneText: 'Un entraînement en laisse : ce qu’il a confondu, à quel point il était sûr et ce qui a compté',
  unreadable: (file) => `${file} a une forme qui n’est pas dessinée ici`,
  tooLarge: (file, bytes) => `${file} est trop volumineux pour être dessiné : ${bytes}`,
  json: 'JSON',
  png: 'PNG',
  save: (name, format) => `Enregistrer ${name} en ${format}`,
  asTable: 'En tableau',
  rowsOf: (name) => `${name}, valeurs`,
  showAll: (count) => plural(count, { one: 'Montrer #', other: 'Montrer les #' }),
  showFewer: 'Montrer moins',
  classColumn: 'Classe',
  rows: 'Lignes',
  confusion: {
    title: 'Matrice de confusion',
    caption: (v) =>
      `${v.right} lignes de test sur ${v.total} sont sur la diagonale, où la prédiction est juste (${v.share})`,
    corner: 'Classe réelle, par ligne ; classe prédite, par colonne',
    truth: 'Classe réelle',
    predicted: 'Classe prédite',
    cell: (v) => `${v.count} lignes de ${v.truth} (${v.share}) prédites ${v.predicted}`,
    pairs: 'Le plus souvent confondues',
    frequent: (shown, total) => `Les ${shown} classes les plus fréquentes sur ${total}`,
    count: 'Nombre',
    share: 'Part de la classe réelle',
  },
  classes: {
    title: 'Scores par classe',
    precision: 'Précision',
    recall: 'Rappel',
    f1: 'F1',
    support: 'Lignes de test',
  },
  roc: {
    title: 'Courbe ROC',
    x: 'Taux de faux positifs',
    y: 'Taux de vrais positifs',
    score: 'Aire',
    caption: (v) =>
      v.count === 1
        ? `Aire sous la courbe de ${v.best} : ${v.score} ; la ligne tiretée est le hasard`
        : v.low === v.score
          ? `L’aire est de ${v.score} pour chacune des ${v.count} classes ; la ligne tiretée est le hasard`
          : `Aires de ${v.low} (${v.worst}) à ${v.score} (${v.best}) ; la ligne tiretée est le hasard`,
  },
  pr: {
    title: 'Courbe précision-rappel',
    x: 'Rappel',
    y: 'Précision',
    score: 'Précision moyenne',
    caption: (v) =>
      v.count === 1
        ? `Précision moyenne de ${v.best} : ${v.score}`
        : v.low === v.score
          ? `La précision moyenne est de ${v.score} pour chacune des ${v.count} classes`
          : `Précision moyenne de ${v.low} (${v.worst}) à ${v.score} (${v.best})`,
  },
  calibration: {
    title: 'Courbe de calibration',
    x: 'Probabilité prédite',
    y: 'Part observée',
    caption: (gap) =>
      `Sur la ligne tiretée, les probabilités prédites sont celles qu’on observe ; le plus grand écart est ${gap}`,
  },
  values: {
    title: 'Valeurs prédites et réelles',
    x: 'Réelle',
    y: 'Prédite',
    row: 'Ligne',
    caption: (count) => `${count} lignes de test ; sur la ligne tiretée la prédiction est exacte`,
  },
  residuals: {
    title: 'Résidus selon la prédiction',
    x: 'Prédite',
    y: 'Réelle − prédite',
    caption: (v) => `Erreurs de ${v.low} à ${v.high} ; sans motif autour de zéro, il ne restait rien à apprendre`,
  },
  histogram: {
    title: 'Distribution des résidus',
    x: 'Réelle − prédite',
    y: 'Lignes de test',
    caption: (v) => `La plupart des lignes de test ont une erreur de ${v.from} à ${v.to}`,
    bin: 'Erreur',
    from: 'De',
    to: 'À',
    binText: (v) => `${v.from} à ${v.to} : ${v.count}`,
  },
  importances: {
    title: 'Importance des variables',
    feature: 'Variable',
    value: 'Importance',
    caption: (name, count) => `${name} compte le plus parmi ${count} variables`,
  },
  learning: {
    title: 'Courbe d’apprentissage',
    x: 'Lignes d’entraînement',
    train: 'Sur les lignes d’entraînement',
    test: 'Sur des lignes jamais vues',
    band: (folds) => plural(folds, { one: 'Sur # pli', other: 'Moyenne sur # plis, avec un écart type' }),
    caption: (v) =>
      `${v.metric} sur des lignes jamais vues va de ${v.from} avec ${v.low} lignes d’entraînement à ${v.to} avec ${v.high}`,
    deviation: (name) => `${name}, écart type`,
  },
  search: {
    title: 'Essais de la recherche',
    trial: 'Essai',
    state: 'État',
    resource: 'Part des lignes',
    parallel: 'Les essais côte à côte sur des axes parallèles',
    caption: (v) =>
      plural(v.count, { one: '# essai', other: '# essais' }).concat(
        ` ; le meilleur, l’essai ${v.best}, a ${v.metric} ${v.value}`,
      ),
    noneBest: (count) => plural(count, { one: '# essai, sans résultat', other: '# essais, sans résultat' }),
    states: { finished: 'Terminé', pruned: 'Arrêté tôt', failed: 'Échec', skipped: 'Non tenté' },
    byTrial: 'Meilleure valeur jusqu’ici',
  },
  leaderboard: {
    title: 'Classement',
    place: 'Rang',
    estimator: 'Estimateur',
    seconds: 'Durée',
    params: 'Paramètres',
    initial: 'par défaut',
    caption: (v) => `${v.best} est premier pour ${v.metric} : ${v.value}`,
  },
}
