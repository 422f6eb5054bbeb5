import { pluralOf } from '../../plural.js'

const plural = pluralOf('en')

/** Texts of the pages of lineage. */
export const en = {
  lineage: {
    titleOf: (label: string) => `Lineage of ${label}`,
    direction: 'Show',
    directions: {
      both: 'what came before and after',
      up: 'what it was made from',
      down: 'what was made from it',
    },
    things: (count: number) => plural(count, { one: '# thing', other: '# things' }),
    incomplete: 'there is more than is shown',
    views: 'Ways to look at it',
    asGraph: 'Drawing',
    asList: 'List',
    graph: 'Drawing of the lineage, what came first at the start',
    controls: 'Zoom',
    kind: 'What',
    name: 'Name',
    madeFrom: 'Made from',
    since: 'Since',
    erased: 'erased',
    more: (count: number) => plural(count, { one: '# more', other: '# more' }),
    kinds: {
      source: 'Source',
      ingest: 'Ingest',
      snapshot: 'Snapshot',
      validation: 'Validation',
      feature_view: 'Feature view',
      training_set: 'Training set',
      run: 'Run',
      model_version: 'Model version',
      endpoint: 'Endpoint',
      drift_report: 'Drift report',
    },
    relations: {
      read: 'read',
      made: 'made',
      checked: 'checked',
      trained: 'trained',
      evaluated: 'evaluated',
      registered: 'registered',
      served: 'served',
      copied: 'copied',
      joined: 'joined',
      predicted: 'predicted',
      compared: 'compared',
    },
  },
} as const
