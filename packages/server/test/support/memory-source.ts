import { FabriqueError } from '@fabrique/contract'
import type { ModelSource, SourceFiles } from '../../src/contexts/serving/model-source.js'

/** Models in memory, each version with its files, whose aliases a test moves. */
export interface MemorySource extends ModelSource {
  /** Adds the next version of a model; returns its number. */
  add(model: string, files: Readonly<Record<string, Uint8Array>>, signature?: SourceFiles['signature']): string
  point(model: string, alias: string, version: string | undefined): void
  remove(model: string, version: string): void
  /** Deletes a version and makes another of the same number. */
  replace(model: string, version: string, files: Readonly<Record<string, Uint8Array>>): void
  /** Versions opened so far, as `churn 2`. */
  readonly opened: string[]
  /** Leaves versions without alias out of the list, as a source of very many does. */
  listsNamedOnly: boolean
}

interface Version {
  readonly identity: string
  readonly version: string
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly signature: SourceFiles['signature']
}

interface Held {
  last: number
  versions: Version[]
  readonly aliases: Map<string, string>
}

export function memorySource(): MemorySource {
  const models = new Map<string, Held>()
  const modelOf = (name: string) => {
    const model: Held = models.get(name) ?? { last: 0, versions: [], aliases: new Map() }
    models.set(name, model)
    return model
  }
  const aliasesOf = (name: string, version: string) =>
    [...(models.get(name)?.aliases ?? [])].filter(([, to]) => to === version).map(([alias]) => alias)
  const found = (name: string, version: string) => models.get(name)?.versions.find((one) => one.version === version)
  const source: MemorySource = {
    opened: [],
    listsNamedOnly: false,
    add(name, files, signature) {
      const model = modelOf(name)
      model.last += 1
      const version = String(model.last)
      model.versions.unshift({ identity: '1', version, files, signature })
      return version
    },
    point(name, alias, version) {
      if (version === undefined) modelOf(name).aliases.delete(alias)
      else modelOf(name).aliases.set(alias, version)
    },
    remove(name, version) {
      const model = modelOf(name)
      model.versions = model.versions.filter((one) => one.version !== version)
    },
    replace(name, version, files) {
      const model = modelOf(name)
      model.versions = model.versions.map((one) =>
        one.version === version ? { ...one, files, identity: `${one.identity}1` } : one,
      )
    },
    list: async () =>
      [...models].map(([model, { versions }]) => ({
        model,
        versions: versions
          .map(({ version, identity }) => ({ version, identity, aliases: aliasesOf(model, version) }))
          .filter(({ aliases }) => !source.listsNamedOnly || aliases.length > 0),
      })),
    async find(model, version) {
      const one = found(model, version)
      return one === undefined ? undefined : { version, identity: one.identity, aliases: aliasesOf(model, version) }
    },
    async open(model, version) {
      source.opened.push(`${model} ${version}`)
      const one = found(model, version)
      if (one === undefined) throw new FabriqueError('model_not_served', { model, reason: 'it is gone' })
      const read = async (path: string) => {
        const content = one.files[path]
        if (content === undefined) throw new Error(`There is no ${path}`)
        return content
      }
      const checkOut = () => Promise.reject(new Error('These files lie on no disk'))
      return { model, version, signature: one.signature, files: { paths: Object.keys(one.files), read, checkOut } }
    },
  }
  return source
}
