import type { Command } from 'commander'

/** `fabrique serve`. */
export function addServeCommands(program: Command): void {
  program
    .command('serve')
    .argument('<model...>', 'ONNX file, model folder of MLflow, or folder with NAME/1/model.onnx; NAME=PATH names it')
    .option('--host <address>', 'address to listen on; any but loopback needs a key', '127.0.0.1')
    .option('--port <number>', 'port of all protocols over HTTP; 0 takes a free one', '8000')
    .option('--grpc-port <number>', 'also answer gRPC on this port; 0 takes a free one')
    .option('--api-key-file <file>', 'file with the key that requests must have (or FABRIQUE_SERVE_KEY)')
    .option('--python <command>', 'Python with mlflow, for models that are not ONNX (or FABRIQUE_SERVE_PYTHON)')
    .option('--memory-mb <count>', 'memory of models; those not asked for longest leave first')
    .option('--rate-limit <rate>', 'predictions of an address, as 10/minute')
    .option('--log-level <level>', 'debug, info, warn or error', 'info')
    .option('--json', 'print one JSON document when it serves')
    .option('--lang <language>', 'en or fr (that of the system)')
    .description('serve models of plain files, without a project or a database')
    .action(async (models: string[], flags) => (await import('./commands/serve.js')).serve(models, flags))
}
