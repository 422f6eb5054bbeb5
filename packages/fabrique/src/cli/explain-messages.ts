import type { Language } from '@fabrique/contract'
import { pluralOf } from './plural.js'

const inEnglish = pluralOf('en')
const inFrench = pluralOf('fr')

/** Texts of `fabrique explain` and `fabrique compare`; English is the source. */
const en = {
  rows: (count: number) => inEnglish(count, '# row', '# rows'),
  column: 'Column',
  value: 'Value',
  importance: (metric: string) => `What matters: how much ${metric} loses when a column is shuffled`,
  contributions: (rows: string, output: string) => `What each column adds, on average over ${rows}: to ${output}`,
  adds: (output: string) => `What each column adds to ${output}`,
  dependence: (output: string) => `How ${output} depends on a column, the others as they are`,
  outputs: {
    value: 'the predicted value',
    probability: 'the probability',
    log_odds: 'the log-odds',
    score: 'the score',
  },
  ofClass: (output: string, name: string) => `${output} of ${name}`,
  base: 'on average',
  together: 'together',
  predicted: 'Prediction',
  methods: {
    tree: 'exact Shapley values of the trees',
    linear: 'exact Shapley values of the linear function',
    sampling: 'Shapley values estimated by random orders of the columns',
  },
  standardError: (value: string) => `standard error ${value}`,
  fairness: (column: string, favoured: string) => `Groups of ${column}; the favoured class is ${favoured}`,
  group: 'Group',
  count: 'Rows',
  selected: 'Selected',
  actual: 'Actually',
  accuracy: 'Accuracy',
  truePositives: 'True positives',
  falsePositives: 'False positives',
  parity: 'Demographic parity',
  odds: 'Equalized odds',
  ratio: 'ratio',
  difference: 'difference',
  unequal: 'below 0.8: the groups are treated unequally (four-fifths rule)',
  metric: 'Metric',
  interval: 'Difference (95 %)',
  sameRows: (rows: string, snapshot: string) => `on ${rows} of ${snapshot}`,
  better: (name: string, p: string) => `${name} is better (p ${p})`,
  chance: (p: string) => `The difference may be chance (p ${p})`,
  seen: (names: string) => `May have learnt from these rows, which flatters its figures: ${names}`,
}

export type ExplainMessages = typeof en

const fr: ExplainMessages = {
  rows: (count) => inFrench(count, '# ligne', '# lignes'),
  column: 'Colonne',
  value: 'Valeur',
  importance: (metric) => `Ce qui compte : la perte de « ${metric} » quand une colonne est mélangée`,
  contributions: (rows, output) => `Ce que chaque colonne ajoute, en moyenne sur ${rows} : à ${output}`,
  adds: (output) => `Ce que chaque colonne ajoute à ${output}`,
  dependence: (output) => `Comment ${output} dépend d’une colonne, les autres inchangées`,
  outputs: {
    value: 'la valeur prédite',
    probability: 'la probabilité',
    log_odds: 'la cote logarithmique',
    score: 'le score',
  },
  ofClass: (output, name) => `${output} de ${name}`,
  base: 'en moyenne',
  together: 'ensemble',
  predicted: 'Prédiction',
  methods: {
    tree: 'valeurs de Shapley exactes des arbres',
    linear: 'valeurs de Shapley exactes de la fonction linéaire',
    sampling: 'valeurs de Shapley estimées par des ordres aléatoires des colonnes',
  },
  standardError: (value) => `erreur type ${value}`,
  fairness: (column, favoured) => `Groupes de ${column} ; la classe favorable est ${favoured}`,
  group: 'Groupe',
  count: 'Lignes',
  selected: 'Choisis',
  actual: 'En vérité',
  accuracy: 'Exactitude',
  truePositives: 'Vrais positifs',
  falsePositives: 'Faux positifs',
  parity: 'Parité démographique',
  odds: 'Égalité des chances',
  ratio: 'rapport',
  difference: 'écart',
  unequal: 'sous 0,8 : les groupes sont traités inégalement (règle des quatre cinquièmes)',
  metric: 'Métrique',
  interval: 'Écart (95 %)',
  sameRows: (rows, snapshot) => `sur ${rows} de ${snapshot}`,
  better: (name, p) => `${name} fait mieux (p ${p})`,
  chance: (p) => `La différence peut être due au hasard (p ${p})`,
  seen: (names) => `A pu apprendre de ces lignes, ce qui flatte ses chiffres : ${names}`,
}

export function explainMessages(language: Language): ExplainMessages {
  return language === 'fr' ? fr : en
}
