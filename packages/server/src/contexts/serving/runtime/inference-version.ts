/** Version of the inference runtime, once its native library loads on this machine. */
export async function inferenceVersion(): Promise<string> {
  const ort = await import('onnxruntime-node')
  return ort.env.versions.node ?? ort.env.versions.common
}
