import type { ImageValue } from '@fabrique/contract'

/** A black image of 224 × 224, as short as a file can be: to try a model of images with, and to show what a request holds. */
export function exampleImage(): ImageValue {
  return { b64: black }
}

const black =
  'iVBORw0KGgoAAAANSUhEUgAAAOAAAADgAQMAAAAg4/iiAAAAA1BMVEUAAACnej3aAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAHUlEQVRYw+3BMQEAAADCoPVPbQZ/oAAAAAAAAHgMGWAAAct2tnAAAAAASUVORK5CYII='
