import type { ErrorSpec } from '../error-spec.js'

/** The history of metrics. */
export const metricErrors = {
  metric_not_recorded: {
    status: 404,
    exit: 2,
    en: 'There is no history of a metric {name}',
    fr: 'Il n’y a pas d’historique d’une métrique {name}',
    hintEn: 'See the list with fabrique metrics ls; what is new stands there after five seconds',
    hintFr: 'Voyez la liste avec fabrique metrics ls ; ce qui est nouveau y est après cinq secondes',
  },
  metrics_too_wide: {
    status: 400,
    exit: 2,
    en: 'This range of {name} has {values} values, of which at most {limit} are read',
    fr: 'Cette période de {name} a {values} valeurs, dont {limit} au plus sont lues',
    hintEn: 'Name labels, or take a shorter range or longer steps',
    hintFr: 'Nommez des étiquettes, ou prenez une période plus courte ou des pas plus longs',
  },
  prometheus_away: {
    status: 503,
    exit: 3,
    en: 'Prometheus does not answer: {reason}',
    fr: 'Prometheus ne répond pas : {reason}',
    hintEn: 'Check PROMETHEUS_URL; without it the history that Fabrique keeps is read',
    hintFr: 'Vérifiez PROMETHEUS_URL ; sans cette variable, l’historique que Fabrique garde est lu',
  },
} as const satisfies Record<string, ErrorSpec>
