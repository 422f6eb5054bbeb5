import type { Shape } from '../../../i18n/shape.js'
import type { en } from './en.js'

/** What each language has to provide. */
export type TrainTexts = Shape<typeof en>
