import { describe, expect, it } from 'vitest'
import { readYaml } from './read-yaml.js'

describe('readYaml', () => {
  it('reads maps, lists, and lists as far left as their key', () => {
    const source = [
      'flavors:',
      '  onnx:',
      '    code: null',
      '    providers:',
      '    - CPUExecutionProvider',
      '    - CUDA: yes',
      '      more: 2',
      '  empty: {}',
      'run_id: 0a1b',
      'list:',
      '  - a',
      '  - b: 1',
    ].join('\n')
    expect(readYaml(source)).toEqual({
      flavors: {
        onnx: { code: null, providers: ['CPUExecutionProvider', { CUDA: 'yes', more: '2' }] },
        empty: {},
      },
      run_id: '0a1b',
      list: ['a', { b: '1' }],
    })
  })

  it('joins texts that run over several lines, quoted or not', () => {
    const source = [
      'inputs: \'[{"name": "it\'\'s", "type": "double"}, {"name":',
      '    "b"}]\'',
      'plain: one',
      '  two',
      'double: "a\\tb \\',
      '  c"',
      "broken: 'one",
      '',
      "  two'",
      'kept: |',
      '  x',
      '  y',
      'last: 1',
    ].join('\n')
    expect(readYaml(source)).toEqual({
      inputs: '[{"name": "it\'s", "type": "double"}, {"name": "b"}]',
      plain: 'one two',
      double: 'a\tb c',
      broken: 'one\ntwo',
      kept: 'x\ny',
      last: '1',
    })
  })

  it('reads JSON, comments and colons inside values', () => {
    expect(readYaml('{"a": [1, null]}')).toEqual({ a: ['1', null] })
    expect(readYaml('# note\ntime: 2026-11-21 09:30:00\nurl: http://x/y\n')).toEqual({
      time: '2026-11-21 09:30:00',
      url: 'http://x/y',
    })
  })

  it('says so when it meets something else', () => {
    expect(() => readYaml('a:\n  b: 1\nno key')).toThrow(SyntaxError)
    expect(() => readYaml('{"a": ')).toThrow(SyntaxError)
  })
})
