import { FabriqueError } from '@fabrique/contract/errors'

type Refusal = { readonly reason: string; readonly reason_fr?: string }

/** The words of what data are refused for most; what stands in the place of a dot is kept. A test compares them with the numerics. */
const words: readonly (readonly [english: RegExp, french: string])[] = [
  [
    /^The target (".*") is missing in (\d+) of (\d+) rows, first in row (\d+): .*$/s,
    'la cible $1 manque dans $2 lignes sur $3, d’abord à la ligne $4 : retirez ces lignes ou complétez-les',
  ],
  [/^The target (".*") is (\S+) in row (\d+): drop the row$/s, 'la cible $1 vaut $2 à la ligne $3 : retirez la ligne'],
  [
    /^The target (".*") holds text: regression needs numbers$/s,
    'la cible $1 contient du texte : une régression demande des nombres',
  ],
  [
    /^The target (".*") holds moments: give numbers or classes$/s,
    'la cible $1 contient des dates : donnez des nombres ou des classes',
  ],
  [
    /^The target (".*") is also a feature: leave it out$/s,
    'la cible $1 est aussi une variable : retirez-la des variables',
  ],
  [
    /^Every row of (".*") is (".*"): a classifier needs rows of at least two classes$/s,
    'toutes les lignes de $1 valent $2 : un classifieur demande des lignes d’au moins deux classes',
  ],
  [
    /^Every label is (".*"): a classifier needs rows of at least two classes$/s,
    'toutes les lignes pour entraîner sont de la classe $1 : un classifieur en demande au moins deux',
  ],
  [
    /^Every row of (".*") is (\S+): there is nothing to learn$/s,
    'toutes les lignes de $1 valent $2 : il n’y a rien à apprendre',
  ],
  [
    /^There are no rows to train on: give at least two$/,
    'il n’y a aucune ligne pour entraîner : donnez-en au moins deux',
  ],
  [
    /^There is one row: a training needs at least two, one of them to test on$/,
    'il n’y a qu’une ligne : un entraînement en demande au moins deux, dont une pour tester',
  ],
  [/^Feature (".*") is named twice: name it once$/s, 'la variable $1 est nommée deux fois : nommez-la une fois'],
  [/^There are no features: give at least one$/, 'il n’y a aucune variable : donnez-en au moins une'],
  [
    /^No column is left to learn from: .*$/s,
    'il ne reste aucune colonne pour apprendre : chacune est constante, vide ou un identifiant',
  ],
  [
    /^Class (".*") has one row: a split needs at least two rows per class$/s,
    'la classe $1 n’a qu’une ligne : le partage demande au moins deux lignes par classe',
  ],
  [
    /^The largest class has (\d+) rows: (\d+) folds need as many$/,
    'la plus grande classe a $1 lignes : $2 plis en demandent autant',
  ],
  [
    /^(\S+) folds cannot be made of (\d+) rows: give 2 to \d+ folds$/,
    '$2 lignes ne se partagent pas en $1 plis : demandez 2 à $2 plis',
  ],
  [
    /^(\S+) folds cannot be made of (\d+) groups: .*$/,
    '$2 groupes ne se partagent pas en $1 plis : donnez des lignes de plus de groupes',
  ],
  [
    /^(\S+) folds cannot be made of (\d+) later rows: .*$/,
    '$2 lignes plus récentes ne se partagent pas en $1 plis : donnez plus de lignes',
  ],
  [
    /^A test share of (\S+) leaves (\d+) test rows for (\d+) classes: .*$/s,
    'une part de test de $1 laisse $2 lignes de test pour $3 classes : changez la part, ajoutez des lignes ou prenez une cible de moins de classes',
  ],
  [
    /^A test share of (\S+) leaves (\d+) training rows for (\d+) classes: .*$/s,
    'une part de test de $1 laisse $2 lignes d’entraînement pour $3 classes : changez la part, ajoutez des lignes ou prenez une cible de moins de classes',
  ],
  [/^There are (\d+) classes: at most (\d+) are supported$/, 'il y a $1 classes : $2 au plus sont possibles'],
  [
    /^Column (".*") is (\S+) in row (\d+): leave the value empty, .*$/s,
    'la colonne $1 vaut $2 à la ligne $3 : laissez la valeur vide ou retirez la ligne (float32 va jusqu’à 3,4e38)',
  ],
  [
    /^Every value of (".*") is missing: leave the column out$/s,
    'toutes les valeurs de $1 manquent : retirez la colonne',
  ],
  [
    /^Column (".*") holds no numbers: weights are numbers$/s,
    'la colonne $1 ne contient pas de nombres : les poids sont des nombres',
  ],
  [
    /^Column (".*") holds text: a split by time needs moments$/s,
    'la colonne $1 contient du texte : un partage selon le temps demande des dates',
  ],
  [
    /^Column (".*") holds text, but (\S+) takes numbers: encode it first$/s,
    'la colonne $1 contient du texte, mais $2 prend des nombres : encodez-la d’abord',
  ],
  [
    /^Column (".*") holds text, but (\S+) takes .*: choose another step$/s,
    'la colonne $1 contient du texte, que $2 ne prend pas : choisissez une autre étape',
  ],
  [
    /^A calibration is for probabilities of classes, and (".*") is predicted as a number: leave it out$/s,
    'une calibration porte sur les probabilités de classes, et $1 est prédit comme un nombre : retirez-la',
  ],
  [
    /^A threshold parts two classes, and (".*") is predicted as a number: leave it out$/s,
    'un seuil sépare deux classes, et $1 est prédit comme un nombre : retirez-le',
  ],
  [
    /^A threshold parts two classes, and (".*") has (\d+): leave it out$/s,
    'un seuil sépare deux classes, et $1 en a $2 : retirez-le',
  ],
  [
    /^(\S+) gives no probabilities, which a threshold lies between: calibrate it too$/,
    '$1 ne donne pas de probabilités, entre lesquelles se place un seuil : calibrez-le aussi',
  ],
  [
    /^Class (".*") has too few training rows to be calibrated: each class needs rows in two folds$/s,
    'la classe $1 a trop peu de lignes d’entraînement pour être calibrée : il en faut dans deux plis au moins',
  ],
  [
    /^Every row held back in folds is (".*"): a threshold needs rows of both classes$/s,
    'toutes les lignes mises de côté dans les plis sont de la classe $1 : un seuil demande des lignes des deux classes',
  ],
  [/^There is no column (".*?"): the rows have (.*)$/s, 'il n’y a pas de colonne $1 : il y a $2'],
  [/^there is no column (".*?"), there are (.*)$/s, 'il n’y a pas de colonne $1, il y a $2'],
  [/^the snapshot has no column (.*); it has (.*)$/s, 'l’instantané n’a pas de colonne $1 ; il a $2'],
  [/^There is no step (".*"): name a transformer$/s, 'il n’y a pas d’étape $1 : nommez un transformateur'],
  [/^There is no metric (.*): there are (.*)$/s, 'il n’y a pas de métrique $1 : il y a $2'],
  [
    /^(\d+) rows of (\d+) columns are more than the (\d+) values that a training holds in memory$/,
    '$1 lignes de $2 colonnes font plus que les $3 valeurs qu’un entraînement tient en mémoire',
  ],
  [
    /^(\S+) does classification, but (".*") asks for regression: .*$/s,
    '$1 fait de la classification, mais $2 demande une régression : choisissez un autre estimateur, ou dites la tâche voulue',
  ],
  [
    /^(\S+) does regression, but (".*") asks for classification: .*$/s,
    '$1 fait de la régression, mais $2 demande une classification : choisissez un autre estimateur, ou dites la tâche voulue',
  ],
  [/^There is no parameter (".*"): known are (.*)$/s, 'il n’y a pas de paramètre $1 : il y a $2'],
]

/** What a parameter accepts, part by part. */
const accepted: readonly (readonly [english: RegExp, french: string])[] = [
  [/\ba list of whole numbers\b/g, 'une liste de nombres entiers'],
  [/\ba whole number\b/g, 'un nombre entier'],
  [/\ba share between 0 and 1\b/g, 'une part entre 0 et 1'],
  [/\ba number\b/g, 'un nombre'],
  [/\bof at least (\S+)/g, 'd’au moins $1'],
  [/\bof at most (\S+)/g, 'd’au plus $1'],
  [/\babove (\S+) and up to (\S+)/g, 'au-dessus de $1 et jusqu’à $2'],
  [/\babove (\S+)/g, 'au-dessus de $1'],
  [/\bfrom (\S+) to (\S+)/g, 'de $1 à $2'],
  [/\bnumbers(.*) by name\b/g, 'des nombres$1 par nom'],
  [/ or /g, ' ou '],
]

/** Why something cannot be trained, in both languages where the French words are known. */
export function wordedRefusal(reason: string): Refusal {
  const [english, french] = words.find(([known]) => known.test(reason)) ?? []
  if (english !== undefined && french !== undefined) return { reason, reason_fr: reason.replace(english, french) }
  const [, given, wanted] = /^(\w+ is .*): it must be (.*)$/s.exec(reason) ?? []
  if (given === undefined || wanted === undefined) return { reason }
  const inFrench = accepted.reduce((text, [part, translated]) => text.replace(part, translated), wanted)
  return { reason, reason_fr: `${given.replace(' is ', ' vaut ')} : il faut ${inFrench}` }
}

/** An error that says why something cannot be trained, in both languages where the words are known. */
export function trainingRefused(code: string, reason: string, cause?: unknown): FabriqueError {
  return new FabriqueError('training_refused', { code, ...wordedRefusal(reason) }, { cause })
}
