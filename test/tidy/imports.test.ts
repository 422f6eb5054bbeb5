import {
  declaredDependencies,
  lightStart,
  noCycles,
  packageImports,
  serverDirection,
  usedDependencies,
} from './import-rules.js'
import { testRule } from './rule-test.js'

const manifest = (name: string, more: object = {}) => JSON.stringify({ name, version: '0.1.0', ...more })

testRule('packages import as the table says, by their doors', packageImports, {
  files: {
    'packages/contract/package.json': manifest('@fabrique/contract', { exports: { '.': './dist/index.js' } }),
    'packages/server/package.json': manifest('@fabrique/server', { exports: { '.': './dist/index.js' } }),
    'packages/ml/package.json': manifest('@fabrique/ml', { exports: { '.': './dist/index.js' } }),
    'packages/web/package.json': manifest('@fabrique/web', { exports: { './package.json': './package.json' } }),
    'packages/fabrique/package.json': manifest('fabrique', { exports: { '.': './dist/index.js' } }),
    'packages/contract/src/a.ts': "\nimport { b } from '@fabrique/server'",
    'packages/server/src/a.ts':
      "import { b } from '@fabrique/contract/dist/b.js'\nexport * from '../../contract/src/b.js'",
    'packages/web/src/a.tsx': "type Server = import('@fabrique/server').Server",
    'packages/web/src/b.ts': "import { ridge } from '@fabrique/ml'",
    'packages/fabrique/src/a.ts': "const pages = await import('@fabrique/web')",
    'packages/fabrique/src/b.ts': "import { ridge } from '@fabrique/ml'",
  },
  wrong: [
    /contract\/src\/a\.ts:2 .*must not import @fabrique\/server: it may import nothing/,
    /server\/src\/a\.ts:1 .*is inside @fabrique\/contract/,
    /server\/src\/a\.ts:2 .*leaves its package/,
    /web\/src\/a\.tsx:1 .*must not import @fabrique\/server: it may import @fabrique\/contract/,
    /web\/src\/b\.ts:1 .*must not import @fabrique\/ml/,
    /fabrique\/src\/a\.ts:1 .*must not import @fabrique\/web/,
  ],
})

testRule('the layers and contexts of the server import downwards', serverDirection, {
  files: {
    'packages/server/src/kernel/a.ts': "import type { Db } from '../platform/database/index.js'",
    'packages/server/src/platform/a.ts': "import { x } from '../contexts/flows/index.js'",
    'packages/server/src/contexts/datasets/a.ts': [
      "import { x } from '../projects/store.js'",
      "import { y } from '../validation/index.js'",
      "import { z } from '../projects/index.js'",
      "import { w } from '../../../test/support/w.js'",
    ].join('\n'),
    'packages/server/src/contexts/validation/a.ts': "export * from '../tracking/index.js'",
    'packages/server/src/contexts/novel/a.ts': 'export const a = 1',
    'packages/server/src/app/a.ts': "import { x } from '../contexts/flows/store.js'",
  },
  wrong: [
    /kernel\/a\.ts:1 .*kernel must not import platform/,
    /platform\/a\.ts:1 .*platform must not import contexts/,
    /datasets\/a\.ts:1 .*inside of projects: import contexts\/projects\/index\.js/,
    /datasets\/a\.ts:2 .*datasets \(rank 1\) must not import validation \(rank 2\)/,
    /datasets\/a\.ts:4 .*outside src/,
    /validation\/a\.ts:1 .*validation \(rank 2\) must not import tracking/,
    /novel\/a\.ts:1 .*has no rank/,
    /app\/a\.ts:1 .*inside of flows/,
  ],
})

testRule('programs start without the heavy packages', lightStart, {
  files: {
    'packages/server/src/app/all-roles.ts': "export { startServer } from './run-server.js'",
    'packages/server/src/app/run-server.ts': [
      "import type { Table } from '@fabrique/ml'",
      "import { createRandom } from '@fabrique/ml/random'",
      "import { type Step, estimators } from '@fabrique/ml'",
      "import { train } from './train.js'",
      "import type { Fitted } from './fit.js'",
      "export const later = () => import('./fit.js')",
    ].join('\n'),
    // What names only types is loaded all the same: nothing is left out of a plain import but its names.
    'packages/server/src/app/train.ts': "import { type DuckDBConnection } from '@duckdb/node-api'",
    'packages/server/src/app/fit.ts': "import { estimators } from '@fabrique/ml'",
    'packages/server/src/files.ts': "export { trainFile } from './contexts/training/files.js'",
    'packages/server/src/contexts/training/files.ts': [
      "import { estimators } from '@fabrique/ml'",
      "export * from '../../platform/index.js'",
      "export const later = () => import('./routes.js')",
    ].join('\n'),
    'packages/server/src/contexts/training/routes.ts': "import fastify from 'fastify'",
    'packages/server/src/platform/index.ts': "import pg from 'pg'",
  },
  wrong: [
    /run-server\.ts:3 .*@fabrique\/ml as the server starts/,
    /train\.ts:1 .*@duckdb\/node-api/,
    /platform\/index\.ts:1 .*pg as work on plain files starts/,
  ],
})

testRule('no file imports itself through others', noCycles, {
  files: {
    'packages/ml/src/a.ts': "import type { B } from './b.js'",
    'packages/ml/src/b.ts': "export { c } from './inner/c.js'",
    'packages/ml/src/inner/c.ts': "type A = import('../a.js').A",
    'packages/ml/src/d.ts': "import { a } from './a.js'",
  },
  wrong: [/a\.ts:1 .*cycle of 3 files: a\.ts -> b\.ts -> inner\/c\.ts/],
})

testRule('imports are declared in the manifest', declaredDependencies, {
  files: {
    'package.json': manifest('root', { devDependencies: { vitest: '4' } }),
    'packages/ml/package.json': manifest('@fabrique/ml', { dependencies: { zod: '4' }, devDependencies: { b: '1' } }),
    'packages/ml/src/a.ts':
      "import { z } from 'zod'\nimport b from 'b/deep'\nimport { test } from 'vitest'\nimport 'node:fs'",
    'packages/ml/src/a.test.ts': "import b from 'b'\nimport { test } from 'vitest'\nimport c from '@scope/c/d'",
  },
  wrong: [/a\.ts:2 .*imports b,/, /a\.ts:3 .*imports vitest/, /a\.test\.ts:3 .*imports @scope\/c/],
})

testRule('declared dependencies are used', usedDependencies, {
  files: {
    'packages/ml/package.json': manifest('@fabrique/ml', {
      scripts: { build: 'vite build' },
      dependencies: { zod: '4', 'pino-roll': '4', unused: '1' },
      devDependencies: { '@types/zod': '4', vite: '8', '@types/unused': '1' },
    }),
    'packages/ml/src/a.ts': "import { z } from 'zod/v4'\nconst transport = 'pino-roll'",
  },
  wrong: [/package\.json:1 .*unused is declared/, /package\.json:1 .*@types\/unused is declared/],
})
