import { describe, expect, it } from '@jest/globals'
import { jobOptions } from './job-options.ts'

const target = ['--target=mes=http://mes-api.mes', '--target=shop=http://shop-api.shop']
const confirmed = ['--confirm-target=mes-api.mes', '--confirm-target=shop-api.shop']
const argv = ['--profile=smoke', '--folder=/run/load-test', ...target, ...confirmed]

describe('the options of the Job', () => {
  it('come from its arguments and the profile', () => {
    expect(jobOptions([...argv, '--seed=3', '--wait=60', '--otlp=gateway:4318'])).toMatchObject({
      ...{ profile: 'smoke', seed: 3, duration: 30, folder: '/run/load-test', otlp: 'gateway:4318' },
      waitSeconds: 60,
      target: { mes: 'http://mes-api.mes', shop: 'http://shop-api.shop' }
    })
  })

  it.each([
    [['--profile=smok'], '--profile is "smok"; take one that --help lists.'],
    [['--profile=deploy'], 'The profile deploy breaks what it loads'],
    [['--profile=smoke'], '--folder is missing'],
    [['--profile=smoke', '--folder=/x', '--target=mes=http://mes'], 'Name both'],
    [['--profile=smoke', '--folder=/x', ...target], 'say so: --confirm-target mes-api.mes.'],
    [[...argv, '--duration=long'], '--duration is "long"; give a whole number.'],
    [[...argv, '--wait=a while'], '--wait is "a while"; give a whole number.'],
    [[...argv, '--durations=1'], "Unknown option '--durations'"]
  ])('refuse %j', (wrong, message) => {
    expect(() => jobOptions(wrong)).toThrow(message)
  })
})
