/** The pipelines of GitHub and GitLab: what they call exists, and what is promised of them is in both. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import { REPOSITORY } from './paths.ts'

const text = (file: string): string => readFileSync(join(REPOSITORY, file), 'utf8')
const scripts = (JSON.parse(text('package.json')) as { scripts: Record<string, string> }).scripts
const targets = new Set([...text('Makefile').matchAll(/^([a-z0-9-]+):/gm)].map(([, name]) => name))

interface Step {
  readonly run?: string
}
interface GithubJob {
  readonly if?: string
  readonly strategy?: { readonly matrix: { readonly target: readonly string[] } }
  readonly steps: readonly Step[]
  readonly 'runs-on': string
  readonly 'timeout-minutes': number
}
interface GitlabJob {
  readonly stage: string
  readonly rules: readonly { readonly if: string }[]
  readonly script: readonly string[]
  readonly timeout: string
  readonly parallel?: { readonly matrix: readonly { readonly TARGET: readonly string[] }[] }
}

interface Job {
  readonly name: string
  /** With every value of its matrix. */
  readonly commands: readonly string[]
  readonly when: string
}

const SETTINGS = new Set(['stages', 'workflow', 'default', 'variables'])

function githubJobs(): Job[] {
  const { jobs } = parse(text('.github/workflows/ci.yml')) as { jobs: Record<string, GithubJob> }
  return Object.entries(jobs).map(([name, job]) => ({
    name,
    when: job.if ?? '',
    commands: job.steps
      .flatMap(({ run }) => run ?? [])
      .flatMap((line) => spread(line, '${{ matrix.target }}', job.strategy?.matrix.target))
  }))
}

function gitlabJobs(): Job[] {
  const file = parse(text('.gitlab-ci.yml')) as Record<string, GitlabJob>
  return Object.entries(file)
    .filter(([name]) => !SETTINGS.has(name))
    .map(([name, job]) => ({
      name,
      when: job.rules.map(({ if: rule }) => rule).join(' '),
      commands: job.script.flatMap((line) => spread(line, '$TARGET', job.parallel?.matrix[0]?.TARGET))
    }))
}

const spread = (line: string, variable: string, values: readonly string[] = []): string[] =>
  line.includes(variable) ? values.map((value) => line.replace(variable, value)) : [line]

const pipelines = { github: githubJobs(), gitlab: gitlabJobs() }

describe.each(Object.entries(pipelines))('the pipeline of %s', (_, jobs) => {
  const commands = jobs.flatMap((job) => job.commands)

  it.each(commands)('calls what exists: %s', (command) => {
    const [program, first = '', second = ''] = command.split(' ')
    if (program === 'make') expect(targets).toContain(first)
    else if (first === 'run') expect(Object.keys(scripts)).toContain(second)
    else expect(`${program} ${first}`).toBe('npm ci')
  })

  it('lints, tests, compares generated files, plays the smoke profile and has no variable left over', () => {
    for (const command of ['make lint', 'make test', 'npm run synth -- --check', 'make load-smoke'])
      expect(commands).toContain(command)
    expect(commands.filter((command) => command.includes('$'))).toEqual([])
  })

  it('puts the gate before changes only, and the soak into the night', () => {
    const when = (name: string) => jobs.find((job) => job.name === name)?.when
    expect(when('gate')).toMatch(/pull_request|merge_request_event/)
    expect(when('soak')).toMatch(/== ['"]schedule['"]/)
  })

  it('gives every job an end', () => {
    const files = [text('.github/workflows/ci.yml'), text('.gitlab-ci.yml')]
    const limits = files.map((file) => [...file.matchAll(/^ +timeout(-minutes)?: /gm)].length)
    expect(limits).toEqual([pipelines.github.length, pipelines.gitlab.length])
  })
})

it('scripts of package.json start files that exist', () => {
  for (const script of Object.values(scripts)) {
    const [, file] = /^node (\S+\.(?:ts|mjs))/.exec(script) ?? []
    if (file !== undefined) expect(text(file).length).toBeGreaterThan(0)
  }
})
