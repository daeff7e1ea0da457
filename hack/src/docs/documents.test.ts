/** Every command that a document tells people to type is one that works on what is in this repository. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { REPOSITORY } from '../paths.ts'
import { documentProblems, documentsOf, readRepository } from './documents.ts'
import { commandsIn } from './shell.ts'

const repository = readRepository()
const problemsIn = (text: string): string[] => documentProblems({ file: 'guide.md', text }, repository)
const typed = (line: string): string[] => problemsIn(`\`\`\`sh\n${line}\n\`\`\``)

describe('the documents of this repository', () => {
  const documents = documentsOf().map((file) => ({
    file,
    text: readFileSync(join(REPOSITORY, file), 'utf8')
  }))

  it('tell people to type nothing that is not there', () => {
    expect(documents.flatMap((document) => documentProblems(document, repository))).toEqual([])
  })

  it('are all of them, with their commands', () => {
    expect(documents.map(({ file }) => file)).toEqual(
      expect.arrayContaining([
        'README.md',
        'deploy/README.md',
        'docs/guides/on-call.md',
        'alerts/runbooks/ApiDown.md'
      ])
    )
    const kubectl = documents
      .flatMap(({ text }) => commandsIn(text))
      .filter(({ words }) => words[0] === 'kubectl')
    expect(kubectl.length).toBeGreaterThan(80)
  })
})

describe('a command that works', () => {
  it.each([
    'kubectl get pods -n mes -l app.kubernetes.io/name=mes-api',
    'kubectl get pods -A -l alexandrite.dev/tier=mes-api',
    'kubectl get secret mes-api-cache-admin -n mes -o jsonpath={.data.token}',
    'kubectl describe cachetier mes-api -n mes',
    'kubectl get ct -A',
    'kubectl logs -n mes deployment/mes-api -c alexandrite-proxy --tail=50',
    'kubectl logs -n data postgres-0 -f',
    'kubectl exec -n data statefulset/postgres -- psql -n whatever',
    'kubectl port-forward -n observability svc/alertmanager 9093',
    'kubectl port-forward -n mes deployment/mes-api 8081:15081',
    'kubectl port-forward -n NAMESPACE POD 15081',
    'kubectl rollout status deployment/alexandrite-operator -n alexandrite-system',
    'kubectl set image deployment/mes-api mes-api=NEW -n mes',
    'kubectl apply --server-side -k deploy/observability',
    'kubectl create -f examples/purges/orders.yaml',
    'kubectl explain cachetier.spec --recursive',
    'kubectl get lease alexandrite-operator -n alexandrite-system',
    'kubectl get secret grafana-admin -n observability',
    'npx alexandrite explain /api/orders -f examples/tiers/mes-api.yaml',
    'alexandrite orders crm step shadow --read-model http://127.0.0.1:8086',
    'npm run alexandrite -- render -f MINE.yaml',
    'make load-smoke',
    'make clean CACHE=1',
    'npm run bench -- --quick',
    'node hack/load.ts --profile smoke --duration=60',
    'node hack/test.ts alerts hack/src/docs',
    'amtool $AM silence add --duration=1h alertname=ApiDown service=mes-api namespace=mes',
    'helm install observability charts/alexandrite-observability'
  ])('%s', (line) => {
    expect(typed(line)).toEqual([])
  })
})

describe('a command that does not is refused with the line and the mend:', () => {
  it.each([
    [
      'kubectl get pods -n mess',
      'no manifest has the namespace "mess"; take one of alexandrite-system, crm, data,'
    ],
    [
      'kubectl get secret token -n mes',
      'there is no Secret "token" in mes; there are database, mes-api-cache-admin,'
    ],
    [
      'kubectl describe deployment/crm-api -n mes',
      'there is no Deployment "crm-api" in mes; it is in the namespace crm'
    ],
    ['kubectl describe deployment mes-api', 'it names no namespace, so it looks in "default"; add -n mes'],
    ['kubectl get pods', 'it names no namespace, so it looks in "default"; add -n NAMESPACE'],
    ['kubectl get tiers -A', 'there is no type "tiers"'],
    [
      'kubectl get pods -A -l app.kubernetes.io/name=redis',
      'no pod template there has the labels app.kubernetes.io/name=redis'
    ],
    ['kubectl get pods -A -l app=mes-api', 'no pod there has the label app'],
    ['kubectl logs -n mes mes-api-7d9', 'no pod is called "mes-api-7d9"; write POD, or deployment/NAME'],
    [
      'kubectl logs -n mes deployment/mes-api -c proxy',
      'no pod there has a container "proxy"; there are alexandrite-proxy,'
    ],
    ['kubectl port-forward -n observability svc/alertmanager 9094', 'it has no port 9094; it has 9093'],
    ['kubectl port-forward POD 15081', 'it names no namespace'],
    [
      'kubectl set image deployment/mes-api api=NEW -n mes',
      'mes-api has no container "api"; it has alexandrite-proxy,'
    ],
    ['kubectl apply -k deploy/nowhere', 'there is no deploy/nowhere/kustomization.yaml'],
    ['kubectl create -f examples/purges/none.yaml', 'there is no examples/purges/none.yaml'],
    ['kubectl rollout stop deployment/mes-api -n mes', 'kubectl rollout has no "stop"; take one of history,'],
    ['kubectl fetch pods -A', 'kubectl has no verb "fetch" that is known here; take one of apply,'],
    ['kubectl get pods --everywhere', 'kubectl has no flag --everywhere that is known here'],
    ['kubectl explain cachtier.spec', 'there is no type "cachtier"'],
    ['alexandrite watch', 'alexandrite has no command "watch"; take one of'],
    ['npx alexandrite top --adm http://127.0.0.1:1', 'alexandrite top has no --adm; it has --admin,'],
    [
      'alexandrite orders crm step back',
      'alexandrite orders crm step has no "back"; take one of cut-over, legacy,'
    ],
    ['alexandrite validate -f examples/tiers/none.yaml', 'there is no examples/tiers/none.yaml'],
    [
      'alexandrite standalone -f examples/tiers -o mes/none=http://127.0.0.1:1',
      'there is no tier mes/none; there are mes/mes-api,'
    ],
    ['make everything', 'the Makefile has no target "everything"'],
    ['npm run everything', 'package.json has no script "everything"'],
    ['npm run bench -- --fast', 'hack/bench.ts has no option --fast; it has'],
    ['node hack/lode.ts', 'there is no file hack/lode.ts'],
    ['node hack/load.ts --speed 2', 'hack/load.ts has no option --speed; it has'],
    ['node hack/test.ts nowhere', 'there are no tests at nowhere'],
    ['amtool $AM silences query', 'amtool has no command "silences"'],
    ['amtool silence add alertname=ApiDead', 'nothing has alertname="ApiDead"; take one of'],
    ['helm install x charts/none', 'there is no charts/none/Chart.yaml']
  ])('%s', (line, sentence) => {
    const [problem = '', ...more] = typed(line)
    expect(problem).toContain(`guide.md:2: "${line}": `)
    expect(problem).toContain(sentence)
    expect(more).toEqual([])
  })

  it('each of those that stand in one word', () => {
    expect(problemsIn('Type `alexandrite orders outbox install|mend|remove --source mes`.')).toEqual([
      expect.stringContaining('alexandrite has no command "orders outbox mend')
    ])
  })

  it('but a mention in a sentence may leave the namespace out, and a file may be one that the document shows', () => {
    expect(
      problemsIn(
        '`kubectl describe pod`, then `kubectl apply -f mes-api.yaml` (as examples/tiers/mes-api.yaml)'
      )
    ).toEqual([])
  })
})
