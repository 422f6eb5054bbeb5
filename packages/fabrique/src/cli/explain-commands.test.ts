import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import { addExplainCommands } from './explain-commands.js'

async function run(args: readonly string[]): Promise<void> {
  const program = new Command().exitOverride()
  addExplainCommands(program)
  await program.parseAsync(['node', 'fabrique', ...args])
}

describe('flags that do not go together or cannot be meant are refused', () => {
  test.each([
    [['explain'], 'model'],
    [['explain', 'churn', '--model', 'model.onnx'], 'model'],
    [['explain', '--model', 'model.onnx'], '--in'],
    [['explain', '--model', 'model.onnx', '--in', 'rows.csv', '--row', '{}'], '--row'],
    [['explain', '--model', 'model.onnx', '--in', 'rows.csv', '--data', 'a@latest'], '--data'],
    [['explain', 'churn', '--in', 'rows.csv'], '--in'],
    [['explain', 'churn', '--row', '{}', '--fairness', 'a'], '--fairness'],
    [['explain', 'churn', '--row', '[1]'], '--row'],
    [['explain', 'churn', '--row', '{'], '--row'],
    [['explain', 'churn', '--rows', 'many'], '--rows'],
    [['explain', 'churn', '--seed', '-1'], '--seed'],
    [['compare', 'churn', 'churn/2', '--seed', 'x'], '--seed'],
  ])('%j', async (args, field) => {
    await expect(run(args)).rejects.toMatchObject({ code: 'invalid_request', field })
  })
})
