/** Which processors the measurement uses: one for the server, another for the client and the origin. */
import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import type { Cpu } from '../caches/server.ts'
import { run } from '../run.ts'

export interface Cores {
  readonly server: Cpu
  readonly client: Cpu
}

/** Numbers in a list such as "0-2,5". */
export const cpuList = (text: string): Cpu[] =>
  text
    .trim()
    .split(',')
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, i) => first + i)
    })

/** The first two processors that this process may use. @throws when there is only one */
export const chooseCores = (status = readFileSync('/proc/self/status', 'utf8')): Cores => {
  const [server, client] = cpuList(/^Cpus_allowed_list:\s*(.*)$/m.exec(status)?.[1] ?? '')
  if (server === undefined || client === undefined) {
    throw new Error(
      'the comparison needs two processors, one for the server and one for the client; this process may use one'
    )
  }
  return { server, client }
}

/** Holds a running process and all its threads on one processor. @throws when taskset is missing */
export const pin = async (pid: number, cpu: Cpu): Promise<void> => {
  await run('taskset', ['--all-tasks', '--cpu-list', '--pid', String(cpu), String(pid)]).catch(
    (error: unknown) => {
      throw new Error('cannot pin a process to a processor: install util-linux (taskset)', { cause: error })
    }
  )
}

/** The machine in words, without its name. */
export const machineClass = (): string => {
  const all = cpus()
  const model = all[0]?.model.trim() ?? 'unknown processor'
  return `${all.length} × ${model}, ${Math.round(totalmem() / 2 ** 30)} GB of memory, Node ${process.versions.node}`
}
