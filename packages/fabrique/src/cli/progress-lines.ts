import pc from 'picocolors'

/** Lines that tell what was done; on a terminal the line under way is redrawn. */
export interface ProgressLines {
  title(text: string): void
  busy(name: string, detail: string): void
  done(name: string, detail: string): void
  failed(name: string, detail: string): void
  warn(text: string): void
  note(text: string): void
  /** Removes the line under way. */
  clear(): void
}

const nameWidth = 16

export function progressLines(output: NodeJS.WriteStream): ProgressLines {
  const interactive = output.isTTY === true
  let open = false
  const clear = () => {
    if (open) output.write('\r\u001b[2K')
    open = false
  }
  const line = (text: string) => {
    clear()
    output.write(`${text}\n`)
  }
  return {
    title: (text) => line(`\n${pc.bold(text)}\n`),
    busy(name, detail) {
      if (!interactive) return
      clear()
      output.write(`  ${pc.cyan('…')} ${name.padEnd(nameWidth)}${pc.dim(detail)}`)
      open = true
    },
    done: (name, detail) => line(`  ${pc.green('✔')} ${name.padEnd(nameWidth)}${detail}`),
    failed: (name, detail) => line(`  ${pc.red('✖')} ${name.padEnd(nameWidth)}${detail}`),
    warn: (text) => line(`  ${pc.yellow('!')} ${text}`),
    note: (text) => line(`  ${pc.dim(text)}`),
    clear,
  }
}
