import type { Language, MetricKind } from '@fabrique/contract'
import { pluralOf } from './plural.js'

const plural = { en: pluralOf('en'), fr: pluralOf('fr') }

/** Texts of `fabrique metrics`; English is the source. */
const en = {
  metric: 'Metric',
  kind: 'Kind',
  series: 'Series',
  labels: 'Labels',
  kinds: { counter: 'counter', gauge: 'gauge', histogram: 'histogram' } satisfies Record<MetricKind, string>,
  none: 'There is no history yet: it begins five seconds after the server',
  leftOut: (count: number) => plural.en(count, '# series more is not kept', '# series more are not kept'),
  moreLines: (count: number) => plural.en(count, '# line more is not shown', '# lines more are not shown'),
  away: (reason: string) => `Prometheus does not answer: ${reason}`,
  line: 'Series',
  last: 'Last',
  least: 'Min',
  mean: 'Mean',
  greatest: 'Max',
  steps: (count: number, seconds: number) => plural.en(count, `# step of ${seconds} s`, `# steps of ${seconds} s`),
  noValues: 'Nothing is known of this time',
  written: (path: string, size: string) => `${path} (${size})`,
  durationExpected: 'a duration, as 15m, 6h or 30d',
}

const fr: typeof en = {
  metric: 'Métrique',
  kind: 'Sorte',
  series: 'Séries',
  labels: 'Étiquettes',
  kinds: { counter: 'compteur', gauge: 'jauge', histogram: 'histogramme' },
  none: 'Il n’y a pas encore d’historique\u202f: il commence cinq secondes après le serveur',
  leftOut: (count) => plural.fr(count, '# série de plus n’est pas gardée', '# séries de plus ne sont pas gardées'),
  moreLines: (count) => plural.fr(count, '# ligne de plus n’est pas montrée', '# lignes de plus ne sont pas montrées'),
  away: (reason) => `Prometheus ne répond pas\u202f: ${reason}`,
  line: 'Série',
  last: 'Dernier',
  least: 'Min',
  mean: 'Moyenne',
  greatest: 'Max',
  steps: (count, seconds) => plural.fr(count, `# pas de ${seconds} s`, `# pas de ${seconds} s`),
  noValues: 'On ne sait rien de cette période',
  written: (path, size) => `${path} (${size})`,
  durationExpected: 'une durée, comme 15m, 6h ou 30d',
}

export function metricMessages(language: Language): typeof en {
  return language === 'fr' ? fr : en
}
