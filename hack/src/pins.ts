/** THE list of tools: what versions fit, and how each is got when the machine does not have it. */

/** Debian packages that are unpacked together, without installing them. */
export interface DebianBundle {
  /** Suite of the machine's own Debian mirror. */
  suite: 'bookworm' | 'sid'
  /** The packages and those of their dependencies that a bare Debian lacks. Never libc: it must fit the loader. */
  packages: readonly string[]
  /** Folders of libraries within usr/lib/*-linux-gnu, besides itself. */
  libraries?: readonly string[]
}

/** A module under hack/tools with its own go.mod and go.sum. */
export interface GoModule {
  folder: 'kubernetes' | 'etcd' | 'coredns'
  ldflags: string
}

export const KUBERNETES_VERSION = 'v1.37.2'

export const DEBIAN = {
  redis: {
    suite: 'bookworm',
    packages: [
      'redis-server',
      'redis-tools',
      'libjemalloc2',
      'liblua5.1-0',
      'liblzf1',
      'libatomic1',
      'libssl3',
      'libsystemd0',
      'libcap2',
      'libgcrypt20',
      'libgpg-error0',
      'liblz4-1',
      'liblzma5',
      'libzstd1',
      'lua-bitop',
      'lua-cjson'
    ]
  },
  containers: {
    suite: 'bookworm',
    packages: ['containerd', 'runc', 'containernetworking-plugins', 'libseccomp2']
  },
  network: {
    suite: 'bookworm',
    packages: [
      'nftables',
      'conntrack',
      'iproute2',
      'libnftables1',
      'libnftnl11',
      'libmnl0',
      'libjansson4',
      'libedit2',
      'libbsd0',
      'libmd0',
      'libtinfo6',
      'libgmp10',
      'libxtables12',
      'libnetfilter-conntrack3',
      'libnfnetlink0',
      'libbpf1',
      'libelf1',
      'libcap2',
      'libselinux1',
      'libpcre2-8-0',
      'libtirpc3',
      'libgssapi-krb5-2',
      'libkrb5-3',
      'libk5crypto3',
      'libkrb5support0',
      'libkeyutils1',
      'libcom-err2',
      'zlib1g'
    ]
  },
  /** What the tier is compared with, and the client that measures. Lua is nginx's way to a shared store. */
  nginx: {
    suite: 'bookworm',
    packages: [
      'nginx',
      'libnginx-mod-http-ndk',
      'libnginx-mod-http-lua',
      'lua-resty-core',
      'lua-resty-lrucache',
      'lua-nginx-redis',
      'libluajit2-5.1-2',
      'libpcre2-8-0',
      'libpcre3',
      'libssl3',
      'zlib1g'
    ]
  },
  varnish: {
    suite: 'bookworm',
    packages: [
      'varnish',
      'libvarnishapi3',
      'libjemalloc2',
      'libedit2',
      'libbsd0',
      'libmd0',
      'libncursesw6',
      'libtinfo6',
      'libpcre2-8-0',
      // Varnish compiles its configuration: a C compiler without dependencies, for machines without gcc.
      'tcc'
    ]
  },
  httpd: {
    suite: 'bookworm',
    packages: ['apache2-bin', 'libapr1', 'libaprutil1', 'libexpat1', 'libuuid1', 'libpcre2-8-0']
  },
  wrk: { suite: 'bookworm', packages: ['wrk', 'libluajit-5.1-2', 'libssl3'] },
  rabbitmq: {
    suite: 'bookworm',
    packages: [
      'rabbitmq-server',
      'erlang-base',
      'erlang-asn1',
      'erlang-crypto',
      'erlang-eldap',
      'erlang-inets',
      'erlang-mnesia',
      'erlang-os-mon',
      'erlang-parsetools',
      'erlang-public-key',
      'erlang-runtime-tools',
      'erlang-ssl',
      'erlang-syntax-tools',
      'erlang-tools',
      'erlang-xmerl',
      'libssl3',
      'libsystemd0',
      'libcap2',
      'libgcrypt20',
      'libgpg-error0',
      'liblz4-1',
      'liblzma5',
      'libtinfo6',
      'libzstd1',
      'zlib1g'
    ]
  },
  chromium: {
    suite: 'bookworm',
    packages: [
      'chromium-headless-shell',
      'chromium-common',
      'fonts-dejavu-core',
      'fontconfig-config',
      'libasound2',
      'libasyncns0',
      'libatk1.0-0',
      'libatspi2.0-0',
      'libblkid1',
      'libbrotli1',
      'libbsd0',
      'libcap2',
      'libdav1d6',
      'libdbus-1-3',
      'libdouble-conversion3',
      'libdrm2',
      'libexpat1',
      'libffi8',
      'libflac12',
      'libfontconfig1',
      'libfreetype6',
      'libgbm1',
      'libgcrypt20',
      'libglib2.0-0',
      'libgpg-error0',
      'libgraphite2-3',
      'libharfbuzz-subset0',
      'libharfbuzz0b',
      'libjpeg62-turbo',
      'liblcms2-2',
      'liblz4-1',
      'liblzma5',
      'libmd0',
      'libminizip1',
      'libmount1',
      'libmp3lame0',
      'libmpg123-0',
      'libnspr4',
      'libnss3',
      'libogg0',
      'libopenh264-7',
      'libopenjp2-7',
      'libopus0',
      'libpcre2-8-0',
      'libpng16-16',
      'libpulse0',
      'libselinux1',
      'libsndfile1',
      'libsqlite3-0',
      'libsystemd0',
      'libudev1',
      'libuuid1',
      'libvorbis0a',
      'libvorbisenc2',
      'libwayland-server0',
      'libx11-6',
      'libx11-data',
      'libx11-xcb1',
      'libxau6',
      'libxcb-randr0',
      'libxcb1',
      'libxcomposite1',
      'libxdamage1',
      'libxdmcp6',
      'libxext6',
      'libxfixes3',
      'libxi6',
      'libxkbcommon0',
      'libxnvctrl0',
      'libxrandr2',
      'libxrender1',
      'libzstd1',
      'zlib1g'
    ],
    libraries: ['pulseaudio']
  },
  golang: { suite: 'sid', packages: ['golang-1.26-go', 'golang-1.26-src'] }
} as const satisfies Record<string, DebianBundle>

export type DebianBundleName = keyof typeof DEBIAN

const kubernetesVersion =
  `-X k8s.io/component-base/version.gitVersion=${KUBERNETES_VERSION} ` +
  '-X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=37'

export const GO = {
  kubernetes: { folder: 'kubernetes', ldflags: `-s -w ${kubernetesVersion}` },
  etcd: { folder: 'etcd', ldflags: '-s -w' },
  coredns: { folder: 'coredns', ldflags: '-s -w' }
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
