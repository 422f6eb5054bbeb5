import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runFabrique } from '../support/running-fabrique.js'

const examples = fileURLToPath(new URL('../../../../examples/', import.meta.url))

let place: string
beforeAll(() => {
  place = realpathSync(mkdtempSync(join(tmpdir(), 'fabrique-init-')))
})
afterAll(() => rmSync(place, { recursive: true, force: true }))

describe('fabrique init', () => {
  test.each(['iris', 'regression', 'synthetic', 'churn'])(
    'writes %s, which loads where nothing is installed',
    async (template) => {
      const folder = join(place, 'of', template)
      const { status, stdout } = await runFabrique(['init', folder, '--template', template, '--json'])
      expect(status).toBe(0)
      const { files, ...rest } = JSON.parse(stdout) as { files: string[] }
      expect(rest).toEqual({ folder, template })
      expect(files).toEqual(
        expect.arrayContaining(['README.md', 'fabrique.config.ts', 'package.json', 'tsconfig.json']),
      )
      expect(files.filter((file) => /node_modules|\.fabrique\/|\.types/.test(file))).toEqual([])
      for (const file of files.filter((name) => !/^(package|tsconfig)\.json$|^\.git/.test(name))) {
        expect(readFileSync(join(folder, file))).toEqual(readFileSync(join(examples, template, file)))
        expect(statSync(join(folder, file)).mode & 0o200).toBe(0o200)
      }
      expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({
        name: template,
        dependencies: { fabrique: expect.stringMatching(/^\d+\.\d+\.\d+/) },
      })
      const doctor = await runFabrique(['doctor', folder, '--port', '0', '--json'])
      expect(doctor.stdout + doctor.stderr).not.toContain('project_broken')
      expect(doctor.status).toBe(0)
    },
  )

  test('starts as iris, and tells how to go on, in French too', async () => {
    const folder = join(place, 'Mes Données')
    mkdirSync(join(folder, '.git'), { recursive: true })
    const { status, stdout } = await runFabrique(['init', folder, '--lang', 'fr'])
    expect(status).toBe(0)
    expect(stdout).toContain(`Un nouveau projet se trouve dans ${folder}`)
    expect(stdout).toMatch(/fabrique up '.*Mes Données'\s+le démarre/)
    expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({ name: 'mes-donnees' })
    expect(readFileSync(join(folder, 'fabrique.config.ts'), 'utf8')).toContain("name: 'iris'")
  })

  test('refuses a folder with something in it, and writes nothing', async () => {
    const folder = join(place, 'full')
    mkdirSync(folder)
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    const { status, stderr } = await runFabrique(['init', folder])
    expect(status).toBe(2)
    expect(stderr).toContain('[project_folder_not_empty]')
    expect(stderr).toContain('notes.txt')
    expect(readdirSync(folder)).toEqual(['notes.txt'])
    expect((await runFabrique(['init', join(folder, 'notes.txt')])).stderr).toContain('[project_folder_not_empty]')
  })

  test('refuses a place where nothing can be written, and a template that there is not', async () => {
    writeFileSync(join(place, 'file'), '')
    const { status, stderr } = await runFabrique(['init', join(place, 'file', 'project')])
    expect(status).toBe(3)
    expect(stderr).toContain('[project_folder_not_writable]')
    if (process.platform === 'linux') expect((await runFabrique(['init', '/proc/project/new'])).status).toBe(3)
    const unknown = await runFabrique(['init', join(place, 'other'), '--template', 'nope'])
    expect(unknown.status).toBe(2)
    expect(unknown.stderr).toContain('iris, regression, synthetic, churn')
    expect(readdirSync(place)).not.toContain('other')
  })
})
