/** THE list of tools: what versions fit, and how each is got when the machine does not have it. */
import type { DebianBundleName } from './debian-bundles.ts'

/** A module under hack/tools with its own go.mod and go.sum. */
export interface GoModule {
  folder: string
  ldflags: string
  /** The module whose version is the tool's, where the package that is built is our own. @default the package's */
  versionOf?: string
}

export const KUBERNETES_VERSION = 'v1.37.2'

const kubernetesVersion =
  `-X k8s.io/component-base/version.gitVersion=${KUBERNETES_VERSION} ` +
  '-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37'

/** The collector's core: its version is that of the components. */
const COLLECTOR = 'go.opentelemetry.io/collector/otelcol'

export const GO = {
  kubernetes: { folder: 'kubernetes', ldflags: `-s -w ${kubernetesVersion}` },
  etcd: { folder: 'etcd', ldflags: '-s -w' },
  coredns: { folder: 'coredns', ldflags: '-s -w' },
  'otelcol-gateway': { folder: 'otelcol-gateway', ldflags: '-s -w', versionOf: COLLECTOR },
  'otelcol-agent': { folder: 'otelcol-agent', ldflags: '-s -w', versionOf: COLLECTOR },
  loki: { folder: 'loki', ldflags: '-s -w -X github.com/grafana/loki/v3/pkg/util/build.Version=3.7.8' },
  // Jaeger 2.13.0 is released under the version 1.76.0 of its module.
  jaeger: {
    folder: 'jaeger',
    ldflags: '-s -w -X github.com/jaegertracing/jaeger/internal/version.latestVersion=v2.13.0'
  },
  helm: { folder: 'helm', ldflags: '-s -w -X helm.sh/helm/v4/internal/version.version=v4.3.0' },
  kubeconform: { folder: 'kubeconform', ldflags: '-s -w -X main.version=v0.8.0' }
} as const satisfies Record<string, GoModule>

export type Source =
  | {
      from: 'debian'
      bundle: DebianBundleName
      /** Path in the unpacked packages. */
      executable: string
      /** Set for the tool; `{root}` is the folder of the unpacked packages. */
      env?: Readonly<Record<string, string>>
      /** Needs no libraries but libc: its own path is given, no wrapper's. */
      bare?: boolean
    }
  | { from: 'go'; module: keyof typeof GO; package: string }

export interface Tool {
  /** How to ask for the version, and what fits: at least `atLeast`, less than `below`. */
  version?: { args: readonly string[]; atLeast: string; below?: string }
  /** Files that must lie beside it: a plugin folder is more than the one file that stands for it. */
  beside?: readonly string[]
  /** Folders to look in instead of PATH. */
  onlyIn?: readonly string[]
  source: Source
  /** Ends the sentence of the error when every way failed: "install …". */
  install: string
}

const kubernetes = (name: string, atLeast: string = KUBERNETES_VERSION): Tool => ({
  version: {
    args: name === 'kubectl' ? ['version', '--client'] : ['--version'],
    atLeast: atLeast.replace('v', ''),
    below: '1.39'
  },
  source: { from: 'go', module: 'kubernetes', package: `k8s.io/kubernetes/cmd/${name}` },
  install: `${name} ${KUBERNETES_VERSION}, or Go 1.26 or newer so that it can be built`
})

const debian = (bundle: DebianBundleName, executable: string, rest: Partial<Tool> = {}): Tool => ({
  source: { from: 'debian', bundle, executable },
  install: `the package of ${executable.split('/').at(-1) ?? executable} of your distribution`,
  ...rest
})

/** A file of a package that needs nothing beside it. */
const plain = (bundle: DebianBundleName, name: string, version?: Tool['version']): Tool => ({
  ...(version ? { version } : {}),
  source: { from: 'debian', bundle, executable: `usr/bin/${name}`, bare: true },
  install: `${name} (in Debian sid the package of this name)`
})

/** Built from modules with our own choice of parts: one on PATH with the same name may lack some. */
const collector = (name: 'otelcol-gateway' | 'otelcol-agent'): Tool => ({
  onlyIn: [],
  source: { from: 'go', module: name, package: `alexandrite.dev/tools/${name}` },
  install: `Go 1.26 or newer so that ${name} can be built`
})

export const TOOLS = {
  'redis-server': debian('redis', 'usr/bin/redis-server', {
    version: { args: ['--version'], atLeast: '7.0' }
  }),
  /** The plain script: on PATH a distribution has one that insists on a user of its own. Erlang lies beside it. */
  'rabbitmq-server': {
    beside: ['../../erlang/bin/erl'],
    onlyIn: ['/usr/lib/rabbitmq/bin'],
    source: {
      from: 'debian',
      bundle: 'rabbitmq',
      executable: 'usr/lib/rabbitmq/bin/rabbitmq-server',
      bare: true
    },
    install: 'RabbitMQ (rabbitmq-server)'
  },
  'chromium-headless-shell': {
    source: {
      from: 'debian',
      bundle: 'chromium',
      executable: 'usr/lib/chromium/chromium-headless-shell',
      env: { FONTCONFIG_FILE: '{root}/etc/fonts/fonts.conf', XDG_DATA_HOME: '{root}/usr/share' }
    },
    install: 'the headless shell of Chromium'
  },
  'redis-cli': debian('redis', 'usr/bin/redis-cli', { version: { args: ['--version'], atLeast: '7.0' } }),
  etcd: {
    version: { args: ['--version'], atLeast: '3.5', below: '4' },
    source: { from: 'go', module: 'etcd', package: 'go.etcd.io/etcd/server/v3' },
    install: 'etcd 3.5 or newer, or Go 1.26 or newer so that it can be built'
  },
  'kube-apiserver': kubernetes('kube-apiserver'),
  'kube-controller-manager': kubernetes('kube-controller-manager'),
  'kube-scheduler': kubernetes('kube-scheduler'),
  kubelet: kubernetes('kubelet'),
  'kube-proxy': kubernetes('kube-proxy'),
  kubectl: kubernetes('kubectl', 'v1.36'),
  coredns: {
    version: { args: ['-version'], atLeast: '1.11' },
    source: { from: 'go', module: 'coredns', package: 'github.com/coredns/coredns' },
    install: 'CoreDNS 1.11 or newer, or Go 1.26 or newer so that it can be built'
  },
  containerd: debian('containers', 'usr/bin/containerd', {
    version: { args: ['--version'], atLeast: '1.6', below: '3' },
    beside: ['containerd-shim-runc-v2', 'ctr']
  }),
  'containerd-shim-runc-v2': debian('containers', 'usr/bin/containerd-shim-runc-v2'),
  ctr: debian('containers', 'usr/bin/ctr', { version: { args: ['--version'], atLeast: '1.6', below: '3' } }),
  runc: debian('containers', 'usr/sbin/runc', {
    version: { args: ['--version'], atLeast: '1.1', below: '2' }
  }),
  /** Stands for the folder of the CNI plugins. */
  'cni-plugins': {
    beside: ['host-local', 'portmap', 'loopback'],
    onlyIn: ['/opt/cni/bin', '/usr/lib/cni'],
    source: { from: 'debian', bundle: 'containers', executable: 'usr/lib/cni/ptp', bare: true },
    install: 'the CNI plugins (containernetworking-plugins)'
  },
  nft: debian('network', 'usr/sbin/nft', { version: { args: ['--version'], atLeast: '1.0.1' } }),
  conntrack: debian('network', 'usr/sbin/conntrack'),
  ip: debian('network', 'sbin/ip', { version: { args: ['-V'], atLeast: '5.0' } }),
  // Always from the bundle: their modules lie beside them, and a comparison names its versions.
  nginx: debian('nginx', 'usr/sbin/nginx', { onlyIn: [] }),
  varnishd: debian('varnish', 'usr/sbin/varnishd', { onlyIn: [] }),
  tcc: debian('varnish', 'usr/bin/tcc', { onlyIn: [] }),
  apache2: debian('httpd', 'usr/sbin/apache2', { onlyIn: [] }),
  prometheus: plain('prometheus', 'prometheus', { args: ['--version'], atLeast: '3.5', below: '4' }),
  promtool: plain('prometheus', 'promtool', { args: ['--version'], atLeast: '3.5', below: '4' }),
  alertmanager: plain('alertmanager', 'prometheus-alertmanager', { args: ['--version'], atLeast: '0.31' }),
  amtool: plain('alertmanager', 'amtool', { args: ['--version'], atLeast: '0.31' }),
  'redis-exporter': plain('exporters', 'prometheus-redis-exporter'),
  'postgres-exporter': plain('exporters', 'prometheus-postgres-exporter'),
  'otelcol-gateway': collector('otelcol-gateway'),
  'otelcol-agent': collector('otelcol-agent'),
  loki: {
    version: { args: ['-version'], atLeast: '3.5', below: '4' },
    source: { from: 'go', module: 'loki', package: 'github.com/grafana/loki/v3/cmd/loki' },
    install: 'Loki 3.5 or newer, or Go 1.26 or newer so that it can be built'
  },
  jaeger: {
    version: { args: ['version'], atLeast: '2.13', below: '3' },
    source: { from: 'go', module: 'jaeger', package: 'github.com/jaegertracing/jaeger/cmd/jaeger' },
    install: 'Jaeger 2.13 or newer, or Go 1.26 or newer so that it can be built'
  },
  helm: {
    version: { args: ['version', '--template', '{{.Version}}'], atLeast: '4', below: '5' },
    source: { from: 'go', module: 'helm', package: 'helm.sh/helm/v4/cmd/helm' },
    install: 'Helm 4, or Go 1.26 or newer so that it can be built'
  },
  kubeconform: {
    version: { args: ['-v'], atLeast: '0.7' },
    source: { from: 'go', module: 'kubeconform', package: 'github.com/yannh/kubeconform/cmd/kubeconform' },
    install: 'kubeconform 0.7 or newer, or Go 1.26 or newer so that it can be built'
  },
  wrk: debian('wrk', 'usr/bin/wrk', { onlyIn: [] }),
  go: {
    version: { args: ['version'], atLeast: '1.26' },
    source: {
      from: 'debian',
      bundle: 'golang',
      executable: 'usr/lib/go-1.26/bin/go',
      env: { GOROOT: '{root}/usr/lib/go-1.26', GOTOOLCHAIN: 'local' }
    },
    install: 'Go 1.26 or newer'
  }
} as const satisfies Record<string, Tool>

export type ToolName = keyof typeof TOOLS
