import { pluralOf } from '../../plural.js'

const plural = pluralOf('en')

/** Texts of the pages of the trash. */
export const en = {
  trash: {
    title: 'Trash',
    intro: 'What was deleted and can still be restored.',
    erasedAfter: (days: number) =>
      days === 0
        ? 'Nothing is erased by itself.'
        : days === 1
          ? 'It is erased after 1 day.'
          : `It is erased after ${days} days.`,
    tabs: { label: 'Parts of the trash', trash: 'Deleted', storage: 'Storage' },
    undo: 'Undo',
    open: 'Open the trash',
    kind: 'Kind',
    all: 'All',
    kinds: { experiment: 'Experiments', run: 'Runs', logged_model: 'Logged models' },
    kindOf: { experiment: 'Experiment', run: 'Run', logged_model: 'Logged model' },
    name: 'Name',
    experiment: 'Experiment',
    deleted: 'Deleted',
    size: 'Artifacts size',
    emptyTitle: 'The trash is empty',
    emptyText: 'Deleted experiments, runs and logged models are kept here until they are erased.',
    choose: 'Choose',
    chooseAll: 'Choose all',
    chooseOf: (name: string) => `Choose ${name}`,
    chooseFirst: 'Choose what to restore or erase',
    chosen: (count: number) => plural(count, { one: '# chosen', other: '# chosen' }),
    restore: 'Restore',
    restored: (count: number) => plural(count, { one: '# thing restored', other: '# things restored' }),
    purge: 'Erase',
    purgeOld: 'Erase what is old',
    purgeTitle: (count: number) => plural(count, { one: 'Erase # thing for good', other: 'Erase # things for good' }),
    purgeText: (bytes: string) => `With them go artifacts of ${bytes}. This cannot be undone.`,
    purgeOldText: 'Everything that was deleted longer ago is erased with its artifacts. This cannot be undone.',
    purgeWord: 'erase',
    olderThan: 'Deleted more than this many days ago',
    purged: (count: number, bytes: string) =>
      `${plural(count, { one: '# thing erased', other: '# things erased' })}, ${bytes} freed`,
    noExperiments: 'No experiment yet',
    storageTotal: (v: { shown: string; bytes: string; deleted: string; points: string }) =>
      `The ${v.shown} experiments shown hold artifacts of ${v.bytes}, of which ${v.deleted} in the trash, and ${v.points} metric points.`,
    inTrash: 'In the trash',
    deletedRuns: 'Deleted runs',
    metricPoints: 'Metric points',
  },
} as const
