// The functions of the SDK for estimators, one for each with its typed options, from the catalogue; `generate-docs.mjs` writes them.

const tasks = { classification: 'Classifier', regression: 'Regressor' }

/** Names in code of kinds that have a longer one. */
const names = { hist_gradient_boosting: 'gradientBoosting' }

const camelCase = (text) => text.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase())
const capital = (text) => `${text[0].toUpperCase()}${text.slice(1)}`
const quoted = (text) => `'${text}'`
const shown = (value) => `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``

const lineWidth = 120

/** A doc comment, wrapped; `indent` is what stands before it. */
function comment(text, indent = '') {
  const one = `${indent}/** ${text} */`
  if (one.length <= lineWidth) return [one]
  const lines = []
  let line = `${indent} *`
  for (const word of text.split(' ')) {
    if (`${line} ${word}`.length > lineWidth) {
      lines.push(line)
      line = `${indent} *`
    }
    line += ` ${word}`
  }
  return [`${indent}/**`, ...lines, line, `${indent} */`]
}

const valueTypes = {
  integer: ['number'],
  number: ['number'],
  count_or_share: ['number'],
  boolean: ['boolean'],
  choice: [],
  integers: ['readonly number[]'],
  weights: ['Readonly<Record<string, number>>'],
}

function typesOf({ type, choices, nullable }) {
  return [...valueTypes[type], ...choices.map(quoted), ...(nullable ? ['null'] : [])]
}

function property(spec, note) {
  const types = typesOf(spec)
  const one = `  readonly ${spec.name}?: ${types.join(' | ')}`
  const lines = one.length <= lineWidth ? [one] : [`  readonly ${spec.name}?:`, ...types.map((type) => `    | ${type}`)]
  return [...comment(`${spec.description.en}; ${note}.`, '  '), ...lines]
}

function noteOf(spec) {
  return spec.name === 'seed' ? 'that of the model by default' : `${shown(spec.default)} by default`
}

function optionsInterface(name, text, properties, parent) {
  const heritage = parent === undefined ? '' : ` extends ${parent}`
  const head = `export interface ${name}${heritage} {`
  return [...comment(text), head, ...properties, '}', '']
}

/** An estimator that has one task only. */
function renderOne(name, { kind, task, sklearnName, parameters }) {
  const options = `${capital(name)}Options`
  const specs = Object.values(parameters)
  return [
    ...optionsInterface(
      options,
      `Parameters of \`${name}\`, with scikit-learn's meanings and defaults.`,
      specs.flatMap((spec) => property(spec, noteOf(spec))),
    ),
    ...comment(`As scikit-learn's ${sklearnName}.`),
    `export function ${name}(options: ${options} = {}): Estimator<'${task}'> {`,
    `  return declareEstimator({ ${task}: '${kind}' }, options)`,
    '}',
    '',
  ]
}

/** A classifier and a regressor under one name: which one it is follows from the task of the model. */
function renderPair(name, classifier, regressor) {
  const base = `${capital(name)}Options`
  const [own, other] = [classifier, regressor].map(({ parameters }) => parameters)
  const isShared = ({ name: key }) => other[key] !== undefined && sameType(own[key], other[key])
  const shared = Object.values(own).filter(isShared)
  const propertiesOf = ({ parameters }) =>
    Object.values(parameters)
      .filter((spec) => !shared.some(({ name: key }) => key === spec.name))
      .flatMap((spec) => property(spec, noteOf(spec)))
  const sides = [classifier, regressor].map((estimator) => ({ estimator, properties: propertiesOf(estimator) }))
  const declared = sides.map(({ estimator, properties }) => ({
    task: estimator.task,
    properties,
    options: properties.length === 0 ? base : `${capital(name)}${tasks[estimator.task]}Options`,
  }))
  const signatures = declared.filter(({ options }) => options !== base)
  return [
    ...optionsInterface(
      base,
      `Parameters of \`${name}\` for any task, with scikit-learn's meanings and defaults.`,
      shared.flatMap((spec) => property(spec, sharedNote(spec, other[spec.name]))),
    ),
    ...signatures.flatMap(({ task, options, properties }) =>
      optionsInterface(options, `Parameters of \`${name}\` for ${task}.`, properties, base),
    ),
    ...comment(`As scikit-learn's ${classifier.sklearnName} or ${regressor.sklearnName}, by the task of the model.`),
    ...(signatures.length === 0
      ? [`export function ${name}(options: ${base} = {}): Estimator<'classification' | 'regression'> {`]
      : [
          `export function ${name}(options?: ${base}): Estimator<'classification' | 'regression'>`,
          ...signatures.map(
            ({ task, options }) => `export function ${name}(options: ${options}): Estimator<'${task}'>`,
          ),
          `export function ${name}(options: ${base} = {}): Estimator<'classification' | 'regression'> {`,
        ]),
    ...returned(classifier, regressor),
    '}',
    '',
  ]
}

function returned(classifier, regressor) {
  const kinds = [`classification: '${classifier.kind}'`, `regression: '${regressor.kind}'`]
  const one = `  return declareEstimator({ ${kinds.join(', ')} }, options)`
  if (one.length <= lineWidth) return [one]
  return ['  return declareEstimator(', `    { ${kinds.join(', ')} },`, '    options,', '  )']
}

/** Whether a classifier and a regressor have a parameter in common: otherwise each has a function of its own. */
function haveCommon([{ parameters }, other]) {
  return Object.keys(parameters).some((name) => {
    return other.parameters[name] !== undefined && sameType(parameters[name], other.parameters[name])
  })
}

function sameType(one, other) {
  return JSON.stringify(typesOf(one)) === JSON.stringify(typesOf(other))
}

function sharedNote(spec, other) {
  if (spec.name === 'seed' || JSON.stringify(spec.default) === JSON.stringify(other.default)) return noteOf(spec)
  return `${shown(spec.default)} by default, of a regressor ${shown(other.default)}`
}

/** `packages/fabrique/src/sdk/estimators.ts`: what a model can be trained by. */
export function renderSdk(estimators) {
  const learners = estimators.filter(({ task }) => task in tasks)
  const stems = new Map()
  for (const estimator of learners) {
    const stem = estimator.kind.replace(/_(?:classifier|regressor)$/, '')
    stems.set(stem, [...(stems.get(stem) ?? []), estimator])
  }
  const functions = [...stems].flatMap(([stem, found]) => {
    if (found.length === 1 || !haveCommon(found)) return found.flatMap((own) => renderOne(camelCase(own.kind), own))
    return renderPair(names[stem] ?? camelCase(stem), found[0], found[1])
  })
  return [
    '// Generated by scripts/generate-docs.mjs from the catalogue of @fabrique/ml. Do not edit.',
    "import { declareEstimator, type Estimator } from './declare-estimator.js'",
    '',
    ...functions,
  ]
    .join('\n')
    .replace(/\n+$/, '\n')
}
