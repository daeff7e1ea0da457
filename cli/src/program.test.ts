import { describe, expect, it } from '@jest/globals'
import { Folder, run, runHere, runOnTerminal, tierYaml } from '../test/harness.ts'

const COMMANDS = ['standalone', 'cache', 'validate', 'explain', 'render', 'purge', 'stats']

describe('help', () => {
  it('lists every command', async () => {
    const { status, stdout } = await run(['--help'])
    expect(status).toBe(0)
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} .+`, 'm'))
  })
})

describe('a wrong command line', () => {
  it.each([
    ['an unknown command', ['cach'], "unknown command 'cach'"],
    ['an unknown option', ['cache', '-o', 'http://a', '--orign', 'x'], "unknown option '--orign'"],
    ['a missing option', ['validate'], "required option '-f, --file <path>' not specified"],
    ['a bad address', ['cache', '-o', 'http://a', '-l', '80'], '"80" is not HOST:PORT; write for example'],
    ['a bad origin', ['cache', '-o', 'ftp://a'], '"ftp://a" is not an origin; write for example'],
    ['an origin with a path', ['cache', '-o', 'http://a/b'], 'has more than host and port; write http://a'],
    ['a nameless origin', ['standalone', '-f', '.', '-o', 'http://a'], 'does not name a tier'],
    [
      'a tier given twice',
      ['standalone', '-f', '.', '-o', 'a/b=http://a', '-o', 'a/b=http://c'],
      'given twice'
    ]
  ])('%s ends with 2 and a sentence', async (_, args, sentence) => {
    const { status, stdout, stderr } = await runHere(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(sentence)
    expect(stderr).not.toContain('    at ')
  })

  it('ends the process with 2 as well', async () => {
    expect(await run(['cach'])).toMatchObject({ status: 2, stdout: '' })
  })

  it('never repeats the URL of a Redis, which may hold a password', async () => {
    const { status, stderr } = await runHere(['cache', '-o', 'http://a', '--redis', 'http://:secret@redis'])
    expect(status).toBe(2)
    expect(stderr).toContain('not the URL of a Redis')
    expect(stderr).not.toContain('secret')
  })
})

describe('errors', () => {
  it('come with their stack when asked for', async () => {
    const { stderr } = await run(['validate', '-f', '/nowhere', '--verbose'])
    expect(stderr).toContain('    at ')
  })
})

describe('colours', () => {
  it('are left out when the output is no terminal', async () => {
    const { stdout } = await run(['--help'])
    expect(stdout).not.toContain('\u001b')
  })

  it.each([
    ['are there on a terminal', {}, true],
    ['are left out on a terminal with NO_COLOR', { NO_COLOR: '1' }, false]
  ])('%s', async (_, env, coloured) => {
    const folder = new Folder()
    const stdout = await runOnTerminal(['validate', '-f', folder.write('mes.yaml', tierYaml('/list'))], env)
    folder.remove()
    expect(stdout).toContain(coloured ? 'mes/mes-api is \u001b[32mgood\u001b[39m' : 'mes/mes-api is good')
  })
})

describe('the executable', () => {
  it('starts itself again with the Node of npm when it runs on an old one', async () => {
    const pretend = `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.0.0' } })`
    const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(pretend)}`]
    expect(await run(['--version'], { nodeArgs })).toEqual(await run(['--version']))
    expect((await run(['cach'], { nodeArgs })).status).toBe(2)
  })
})
