import { noMachinePaths, oneVersion, quietInstall } from './manifest-rules.js'
import { testRule } from './rule-test.js'

testRule('every manifest has the version of the program', oneVersion, {
  files: {
    'packages/contract/src/version.ts': "export const fabriqueVersion = '0.2.0'",
    'package.json': '{"name":"root","version":"0.2.0"}',
    'packages/ml/package.json': '{"name":"@fabrique/ml","version":"0.1.0"}',
    'packages/server/package.json':
      '{"name":"@fabrique/server","version":"0.2.0","dependencies":{"@fabrique/ml":"^0.1.0","zod":"4"}}',
  },
  wrong: [
    /ml\/package\.json:1 .*version is 0\.1\.0: make it 0\.2\.0/,
    /server\/package\.json:1 .*@fabrique\/ml is \^0\.1\.0/,
  ],
})

testRule('an install runs no script and needs the registry only', quietInstall, {
  files: {
    '.npmrc': 'onnxruntime-node-install=skip\n',
    'package.json': JSON.stringify({ name: 'root', allowScripts: { 'onnxruntime-node': false } }),
    'package-lock.json': JSON.stringify(
      {
        packages: {
          'node_modules/a': { resolved: 'https://registry.npmjs.org/a.tgz' },
          'node_modules/b/node_modules/@c/d': { hasInstallScript: true },
          'node_modules/onnxruntime-node': { hasInstallScript: true },
          'node_modules/e': { version: '1.0.0', optionalDependencies: { a: '1', 'e-darwin': '1' } },
        },
      },
      undefined,
      1,
    ),
  },
  wrong: [
    /\.npmrc:1 .*add the line ignore-scripts=true/,
    /\.npmrc:1 .*add the line omit-lockfile-registry-resolved=true/,
    /package-lock\.json:4 .*records a download address/,
    /package\.json:1 .*@c\/d has an install script/,
    /package-lock\.json:1 .*lacks e-darwin of e 1\.0\.0/,
  ],
})

const folder = ['', 'work', 'main'].join('/')

testRule('no file holds a path of one machine', noMachinePaths, {
  files: { 'a.md': `fine: net${folder}\nsee ${folder}`, 'b.ts': `'${folder}'` },
  wrong: [/a\.md:2 .*is a folder of one machine/, /b\.ts:1 .*is a folder of one machine/],
})
