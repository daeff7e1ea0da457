/** Debian packages that tools come from; pins.ts says which. */

/** Debian packages that are unpacked together, without installing them. */
export interface DebianBundle {
  /** Suite of the machine's own Debian mirror. */
  suite: 'bookworm' | 'sid'
  /** The packages and those of their dependencies that a bare Debian lacks. Never libc: it must fit the loader. */
  packages: readonly string[]
  /** Folders of libraries within usr/lib/*-linux-gnu, besides itself. */
  libraries?: readonly string[]
}

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
  promtool: { suite: 'sid', packages: ['promtool'] },
  amtool: { suite: 'sid', packages: ['prometheus-alertmanager'] },
  exporters: { suite: 'sid', packages: ['prometheus-redis-exporter', 'prometheus-postgres-exporter'] },
  golang: { suite: 'sid', packages: ['golang-1.26-go', 'golang-1.26-src'] }
} as const satisfies Record<string, DebianBundle>

export type DebianBundleName = keyof typeof DEBIAN
