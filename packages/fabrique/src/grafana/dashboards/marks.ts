import type { Dashboard } from '../panel.js'

/** Marks the minute in which another version became the champion of a model. */
export const championMark: NonNullable<Dashboard['marks']>[number] = {
  name: { en: 'New champion', fr: 'Nouveau champion' },
  expr: 'fabrique_model_alias{alias="champion",model=~"$model"} unless fabrique_model_alias{alias="champion",model=~"$model"} offset 1m',
  text: '{{model}} {{version}}',
}
