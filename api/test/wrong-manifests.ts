/** How the API server puts what it refuses into words. */
export type Refusal =
  /** A rule in CEL says no: 422 with the rule's own sentence. */
  | 'rule'
  /** A type, a choice or a missing field: 422, and the rules were not even asked. */
  | 'shape'
  /** A field that the schema does not know: 400, with strict validation as kubectl asks for by default. */
  | 'unread'

interface Row {
  readonly name: string
  /** metadata.name. @default mes-api */
  readonly tier?: string
  /** Lines of the spec in YAML; a spec without a workload gets a good one. */
  readonly spec: readonly string[]
  readonly local: readonly string[]
  readonly server: string
  /** @default rule */
  readonly refusal?: Refusal
}

const rows: readonly Row[] = [
  {
    name: 'workload.port is a number',
    spec: ['workload: {name: mes-api, port: 8080}'],
    local: [
      'spec.workload.port: is a number: give the container port a name in the pod template, such as http, let Services target that name, and write it here'
    ],
    server:
      'spec.workload.port: Invalid value: 8080: is a number: give the container port a name in the pod template, such as http, let Services target that name, and write it here'
  },
  {
    name: 'workload.port is a number in quotes',
    spec: ['workload: {name: mes-api, port: "8080"}'],
    local: [
      'spec.workload.port: is not the name of a container port: use at most 15 lower-case letters, digits and single hyphens with at least one letter, such as http'
    ],
    server:
      'spec.workload.port: Invalid value: "8080": is not the name of a container port: use at most 15 lower-case letters, digits and single hyphens with at least one letter, such as http'
  },
  {
    name: 'workload.port is too long for a port name',
    spec: ['workload: {name: mes-api, port: http-of-the-order-api}'],
    local: [
      'spec.workload.port: is not the name of a container port: use at most 15 lower-case letters, digits and single hyphens with at least one letter, such as http'
    ],
    server:
      'spec.workload.port: Invalid value: "http-of-the-order-api": is not the name of a container port: use at most 15 lower-case letters, digits and single hyphens with at least one letter, such as http'
  },
  {
    name: 'workload.port is missing',
    spec: ['workload: {name: mes-api}'],
    local: ['spec.workload.port: is missing: add it, such as port: http'],
    server: 'spec.workload.port: Required value',
    refusal: 'shape'
  },
  {
    name: 'workload.name is not a DNS name',
    spec: ['workload: {name: MES_API, port: http}'],
    local: [
      'spec.workload.name: is not the name of an object: use lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit'
    ],
    server:
      'spec.workload.name: Invalid value: "MES_API": is not the name of an object: use lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit'
  },
  {
    name: 'workload.kind is a kind that the tier cannot serve',
    spec: ['workload: {kind: DaemonSet, name: mes-api, port: http}'],
    local: [
      "spec.workload.kind: is 'DaemonSet', which is none of Deployment, StatefulSet: write one of them"
    ],
    server:
      'spec.workload.kind: Unsupported value: "DaemonSet": supported values: "Deployment", "StatefulSet"',
    refusal: 'shape'
  },
  {
    name: 'topology in lower case',
    spec: ['store: {topology: sidecar}'],
    local: ["spec.store.topology: is 'sidecar', which is none of Sidecar, Shared, External: write Sidecar"],
    server:
      'spec.store.topology: Unsupported value: "sidecar": supported values: "Sidecar", "Shared", "External"',
    refusal: 'shape'
  },
  {
    name: 'External without its Secret',
    spec: ['store: {topology: External}'],
    local: [
      'spec.store.secretRef: is missing although the topology is External: name the Secret with the URL of your Redis: secretRef: {name: my-redis, key: url}'
    ],
    server:
      'spec.store.secretRef: Invalid value: is missing although the topology is External: name the Secret with the URL of your Redis: secretRef: {name: my-redis, key: url}'
  },
  {
    name: 'a Secret without External',
    spec: ['store: {topology: Shared, secretRef: {name: mes-redis, key: url}}'],
    local: [
      'spec.store.secretRef: is set although the topology is not External: write topology: External or take secretRef out'
    ],
    server:
      'spec.store.secretRef: Invalid value: is set although the topology is not External: write topology: External or take secretRef out'
  },
  {
    name: 'External with maxMemory',
    spec: ['store: {topology: External, maxMemory: 64Mi, secretRef: {name: mes-redis, key: url}}'],
    local: [
      'spec.store.maxMemory: is set although the Redis of topology External is not run by the tier: take maxMemory out and set maxmemory in your Redis'
    ],
    server:
      'spec.store.maxMemory: Invalid value: is set although the Redis of topology External is not run by the tier: take maxMemory out and set maxmemory in your Redis'
  },
  {
    name: 'a size without sense',
    spec: ['store: {maxMemory: lots}'],
    local: [
      'spec.store.maxMemory: is not a size in bytes: write a whole number with Ki, Mi, Gi, k, M, G or nothing after it, such as 128Mi'
    ],
    server:
      'spec.store.maxMemory: Invalid value: "lots": is not a size in bytes: write a whole number with Ki, Mi, Gi, k, M, G or nothing after it, such as 128Mi'
  },
  {
    name: 'too little memory',
    spec: ['store: {maxMemory: 64k}'],
    local: ['spec.store.maxMemory: is outside of 8Mi to 64Gi: write a size from 8Mi to 64Gi'],
    server:
      'spec.store.maxMemory: Invalid value: "64k": is outside of 8Mi to 64Gi: write a size from 8Mi to 64Gi'
  },
  {
    name: 'an object size beyond the bound',
    spec: ['limits: {maxObjectSize: 1Gi}'],
    local: ['spec.limits.maxObjectSize: is outside of 1Ki to 64Mi: write a size from 1Ki to 64Mi'],
    server:
      'spec.limits.maxObjectSize: Invalid value: "1Gi": is outside of 1Ki to 64Mi: write a size from 1Ki to 64Mi'
  },
  {
    name: 'a timeout that nothing keeps',
    spec: ['limits: {originTimeout: 0s}'],
    local: ['spec.limits.originTimeout: is outside of 1s to 2h: write a duration from 1s to 2h'],
    server:
      'spec.limits.originTimeout: Invalid value: "0s": is outside of 1s to 2h: write a duration from 1s to 2h'
  },
  {
    name: 'a header size that browsers exceed',
    spec: ['limits: {maxHeaderSize: "512"}'],
    local: ['spec.limits.maxHeaderSize: is outside of 1Ki to 1Mi: write a size from 1Ki to 1Mi'],
    server:
      'spec.limits.maxHeaderSize: Invalid value: "512": is outside of 1Ki to 1Mi: write a size from 1Ki to 1Mi'
  },
  {
    name: 'a bound of request bodies of a few bytes',
    spec: ['limits: {maxRequestBodySize: "100"}'],
    local: ['spec.limits.maxRequestBodySize: is outside of 1Ki to 1024Gi: write a size from 1Ki to 1024Gi'],
    server:
      'spec.limits.maxRequestBodySize: Invalid value: "100": is outside of 1Ki to 1024Gi: write a size from 1Ki to 1024Gi'
  },
  {
    name: 'no connections at all',
    spec: ['limits: {maxConnections: 0}'],
    local: ['spec.limits.maxConnections: is not between 1 and 1000000: write a whole number, such as 10000'],
    server:
      'spec.limits.maxConnections: Invalid value: 0: is not between 1 and 1000000: write a whole number, such as 10000'
  },
  {
    name: 'a rule without a path',
    spec: ['policy: {rules: [{name: list, match: {methods: [GET]}, ttl: 15s}]}'],
    local: ['spec.policy.rules[0].match.path: is missing: add it, such as path: /api/orders/:id'],
    server: 'spec.policy.rules[0].match.path: Required value',
    refusal: 'shape'
  },
  {
    name: 'a path without its slash',
    spec: ['policy: {rules: [{name: list, match: {path: api/orders}, ttl: 15s}]}'],
    local: [
      'spec.policy.rules[0].match.path: does not begin with /: write it from the root, such as /api/orders'
    ],
    server:
      'spec.policy.rules[0].match.path: Invalid value: "api/orders": does not begin with /: write it from the root, such as /api/orders'
  },
  {
    name: 'a * in the middle of a path',
    spec: ['policy: {rules: [{name: list, match: {path: /api/*/files}, ttl: 15s}]}'],
    local: [
      'spec.policy.rules[0].match.path: has a * that is not the whole last segment: end the path with /* or name the segment, such as /api/orders/:id'
    ],
    server:
      'spec.policy.rules[0].match.path: Invalid value: "/api/*/files": has a * that is not the whole last segment: end the path with /* or name the segment, such as /api/orders/:id'
  },
  {
    name: 'a parameter that is only a part of its segment',
    spec: ['policy: {rules: [{name: list, match: {path: "/api/v:major/orders"}, ttl: 15s}]}'],
    local: [
      'spec.policy.rules[0].match.path: has a parameter that is not a whole segment of : and a name: write /:name, the name a letter and then letters, digits or _, such as /api/orders/:id'
    ],
    server:
      'spec.policy.rules[0].match.path: Invalid value: "/api/v:major/orders": has a parameter that is not a whole segment of : and a name: write /:name, the name a letter and then letters, digits or _, such as /api/orders/:id'
  },
  {
    name: 'two parameters of one name',
    spec: ['policy: {rules: [{name: list, match: {path: "/api/:id/files/:id"}, ttl: 15s}]}'],
    local: [
      'spec.policy.rules[0].match.path: has two parameters of one name: give each parameter its own name, such as /api/orders/:order/files/:file'
    ],
    server:
      'spec.policy.rules[0].match.path: Invalid value: "/api/:id/files/:id": has two parameters of one name: give each parameter its own name, such as /api/orders/:order/files/:file'
  },
  {
    name: 'a path with a query',
    spec: ['policy: {rules: [{name: list, match: {path: "/api/orders?status=open"}, ttl: 15s}]}'],
    local: [
      'spec.policy.rules[0].match.path: has a query or a fragment: end the path before the ? and use key.query for parameters'
    ],
    server:
      'spec.policy.rules[0].match.path: Invalid value: "/api/orders?status=open": has a query or a fragment: end the path before the ? and use key.query for parameters'
  },
  {
    name: 'a rule for a method that writes',
    spec: ['policy: {rules: [{name: list, match: {methods: [POST], path: /api/orders}, ttl: 15s}]}'],
    local: [
      "spec.policy.rules[0].match.methods[0]: is 'POST', which is none of GET, HEAD: write one of them"
    ],
    server:
      'spec.policy.rules[0].match.methods[0]: Unsupported value: "POST": supported values: "GET", "HEAD"',
    refusal: 'shape'
  },
  {
    name: 'a ttl without its unit',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, ttl: "15"}]}'],
    local: [
      'spec.policy.rules[0].ttl: is not a duration: write a number and its unit (h, m, s or ms, in this order), such as 15s, 1h30m or 100ms'
    ],
    server:
      'spec.policy.rules[0].ttl: Invalid value: "15": is not a duration: write a number and its unit (h, m, s or ms, in this order), such as 15s, 1h30m or 100ms'
  },
  {
    name: 'a ttl longer than a year',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, ttl: 8761h}]}'],
    local: ['spec.policy.rules[0].ttl: is longer than 8760h: write at most 8760h'],
    server: 'spec.policy.rules[0].ttl: Invalid value: "8761h": is longer than 8760h: write at most 8760h'
  },
  {
    name: 'overrideOrigin without a ttl',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, overrideOrigin: true}]}'],
    local: [
      'spec.policy.rules[0].overrideOrigin: is true without a ttl, so there is nothing to override with: add a ttl, such as ttl: 15s, or take overrideOrigin out'
    ],
    server:
      'spec.policy.rules[0].overrideOrigin: Invalid value: is true without a ttl, so there is nothing to override with: add a ttl, such as ttl: 15s, or take overrideOrigin out'
  },
  {
    name: 'ignoreOriginProhibition without overrideOrigin',
    spec: [
      'policy: {rules: [{name: list, match: {path: /api/orders}, ttl: 15s, ignoreOriginProhibition: true}]}'
    ],
    local: [
      'spec.policy.rules[0].ignoreOriginProhibition: is true without overrideOrigin: add overrideOrigin: true, or take ignoreOriginProhibition out'
    ],
    server:
      'spec.policy.rules[0].ignoreOriginProhibition: Invalid value: is true without overrideOrigin: add overrideOrigin: true, or take ignoreOriginProhibition out'
  },
  {
    name: 'jitter without a ttl',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, jitter: 20%}]}'],
    local: [
      'spec.policy.rules[0].jitter: is set without a ttl that it could shorten: add a ttl, such as ttl: 15s, or take jitter out'
    ],
    server:
      'spec.policy.rules[0].jitter: Invalid value: is set without a ttl that it could shorten: add a ttl, such as ttl: 15s, or take jitter out'
  },
  {
    name: 'jitter beyond 100%',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, ttl: 15s, jitter: 120%}]}'],
    local: [
      'spec.policy.rules[0].jitter: is not a share from 0% to 100%: write a whole number and %, such as 20%'
    ],
    server:
      'spec.policy.rules[0].jitter: Invalid value: "120%": is not a share from 0% to 100%: write a whole number and %, such as 20%'
  },
  {
    name: 'query with include and exclude',
    spec: [
      'policy: {rules: [{name: list, match: {path: /api/orders}, key: {query: {include: [page], exclude: [utm_*]}}}]}'
    ],
    local: [
      'spec.policy.rules[0].key.query: has both include and exclude: keep one: include names the parameters that count, exclude those that do not'
    ],
    server:
      'spec.policy.rules[0].key.query: Invalid value: has both include and exclude: keep one: include names the parameters that count, exclude those that do not'
  },
  {
    name: 'a header of the connection in the key',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, key: {headers: [Connection]}}]}'],
    local: [
      'spec.policy.rules[0].key.headers[0]: names a header of the connection or of the single request, which makes no sense in a cache key: take it out; name headers that select a representation, such as Accept-Language'
    ],
    server:
      'spec.policy.rules[0].key.headers[0]: Invalid value: "Connection": names a header of the connection or of the single request, which makes no sense in a cache key: take it out; name headers that select a representation, such as Accept-Language'
  },
  {
    name: 'Cookie in the key',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, key: {headers: [Cookie]}}]}'],
    local: [
      'spec.policy.rules[0].key.headers[0]: names a header with credentials: take it out and write identity: {type: Header, header: Authorization} instead'
    ],
    server:
      'spec.policy.rules[0].key.headers[0]: Invalid value: "Cookie": names a header with credentials: take it out and write identity: {type: Header, header: Authorization} instead'
  },
  {
    name: 'identity Header without a header',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, key: {identity: {type: Header}}}]}'],
    local: [
      'spec.policy.rules[0].key.identity.header: has type Header and no header: name it, such as identity: {type: Header, header: Authorization}'
    ],
    server:
      'spec.policy.rules[0].key.identity.header: Invalid value: has type Header and no header: name it, such as identity: {type: Header, header: Authorization}'
  },
  {
    name: 'identity None with a header',
    spec: [
      'policy: {rules: [{name: list, match: {path: /api/orders}, key: {identity: {type: None, header: Authorization}}}]}'
    ],
    local: [
      'spec.policy.rules[0].key.identity.header: has a header, which only type Header uses: write type: Header or take the header out'
    ],
    server:
      'spec.policy.rules[0].key.identity.header: Invalid value: has a header, which only type Header uses: write type: Header or take the header out'
  },
  {
    name: 'shareAuthenticated without identity None',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, shareAuthenticated: true}]}'],
    local: [
      'spec.policy.rules[0].shareAuthenticated: is true without identity None: add key: {identity: {type: None}}, or take shareAuthenticated out'
    ],
    server:
      'spec.policy.rules[0].shareAuthenticated: Invalid value: is true without identity None: add key: {identity: {type: None}}, or take shareAuthenticated out'
  },
  {
    name: 'a tag that refers to a parameter the path does not have',
    spec: [
      'policy: {rules: [{name: card, match: {path: "/api/orders/:id"}, tags: ["order:{path.orderId}"]}]}'
    ],
    local: [
      'spec.policy.rules[0].tags: refers to a path parameter that the path does not have: use a name that stands in match.path after a colon, or add it there'
    ],
    server:
      'spec.policy.rules[0].tags: Invalid value: refers to a path parameter that the path does not have: use a name that stands in match.path after a colon, or add it there'
  },
  {
    name: 'a tag that refers to the body',
    spec: ['policy: {rules: [{name: card, match: {path: "/api/orders/:id"}, tags: ["order:{body.id}"]}]}'],
    local: [
      'spec.policy.rules[0].tags[0]: has a reference that is none of {path.NAME}, {query.NAME} and {header.NAME}: refer to the request only, such as {path.id}, {query.status} or {header.X-Tenant}; {body.NAME} and {key.N} are for events, under invalidation.amqp'
    ],
    server:
      'spec.policy.rules[0].tags[0]: Invalid value: "order:{body.id}": has a reference that is none of {path.NAME}, {query.NAME} and {header.NAME}: refer to the request only, such as {path.id}, {query.status} or {header.X-Tenant}; {body.NAME} and {key.N} are for events, under invalidation.amqp'
  },
  {
    name: 'onWrite for a method that only reads',
    spec: ['invalidation: {onWrite: [{match: {methods: [GET], path: /api/orders}, tags: [orders]}]}'],
    local: [
      "spec.invalidation.onWrite[0].match.methods[0]: is 'GET', which is none of POST, PUT, PATCH, DELETE: write one of them"
    ],
    server:
      'spec.invalidation.onWrite[0].match.methods[0]: Unsupported value: "GET": supported values: "POST", "PUT", "PATCH", "DELETE"',
    refusal: 'shape'
  },
  {
    name: 'onWrite without tags',
    spec: ['invalidation: {onWrite: [{match: {path: /api/orders}, tags: []}]}'],
    local: [
      'spec.invalidation.onWrite[0].tags: is an empty list: add an entry, such as ["orders","order:{path.id}"], or take it out'
    ],
    server:
      'spec.invalidation.onWrite[0].tags: Invalid value: 0: spec.invalidation.onWrite[0].tags in body should have at least 1 items'
  },
  {
    name: 'onWrite with a tag that refers to a parameter the path does not have',
    spec: ['invalidation: {onWrite: [{match: {path: "/api/orders/*"}, tags: ["order:{path.id}"]}]}'],
    local: [
      'spec.invalidation.onWrite[0].tags: refers to a path parameter that the path does not have: use a name that stands in match.path after a colon, or add it there'
    ],
    server:
      'spec.invalidation.onWrite[0].tags: Invalid value: refers to a path parameter that the path does not have: use a name that stands in match.path after a colon, or add it there'
  },
  {
    name: 'a name too long for the Services of the tier',
    tier: 'the-cache-tier-of-the-manufacturing-execution-system',
    spec: [],
    local: [
      'metadata.name: is not fit to name Services of the tier: use at most 51 lower-case letters, digits and hyphens, beginning with a letter'
    ],
    server:
      'metadata.name: Invalid value: is not fit to name Services of the tier: use at most 51 lower-case letters, digits and hyphens, beginning with a letter'
  },
  {
    name: 'the port that the tier adds for itself',
    spec: ['workload: {name: mes-api, port: cache-admin}'],
    local: [
      "spec.workload.port: is the name of the port that the tier adds for itself: name the application's own port, such as http"
    ],
    server:
      'spec.workload.port: Invalid value: "cache-admin": is the name of the port that the tier adds for itself: name the application\'s own port, such as http'
  },
  {
    name: 'a Secret that is not the name of an object',
    spec: ['store: {topology: External, secretRef: {name: MES_REDIS, key: url}}'],
    local: [
      'spec.store.secretRef.name: is not the name of an object: use lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit'
    ],
    server:
      'spec.store.secretRef.name: Invalid value: "MES_REDIS": is not the name of an object: use lower-case letters, digits, hyphens and dots, beginning and ending with a letter or digit'
  },
  {
    name: 'a key that no Secret can have',
    spec: ['store: {topology: External, secretRef: {name: mes-redis, key: redis url}}'],
    local: [
      'spec.store.secretRef.key: is not the key of a Secret: use letters, digits, hyphens, dots and underscores, such as url'
    ],
    server:
      'spec.store.secretRef.key: Invalid value: "redis url": is not the key of a Secret: use letters, digits, hyphens, dots and underscores, such as url'
  },
  {
    name: "a rule's name in capitals",
    spec: ['policy: {rules: [{name: OrderList, match: {path: /api/orders}}]}'],
    local: [
      'spec.policy.rules[0].name: is not a name: use lower-case letters, digits and hyphens, such as order-list'
    ],
    server:
      'spec.policy.rules[0].name: Invalid value: "OrderList": is not a name: use lower-case letters, digits and hyphens, such as order-list'
  },
  {
    name: 'a path with a blank',
    spec: ['policy: {rules: [{name: list, match: {path: "/api/open orders"}}]}'],
    local: [
      'spec.policy.rules[0].match.path: has an empty segment or a character that a URL path cannot hold: write single slashes and percent-encode other characters (RFC 3986)'
    ],
    server:
      'spec.policy.rules[0].match.path: Invalid value: "/api/open orders": has an empty segment or a character that a URL path cannot hold: write single slashes and percent-encode other characters (RFC 3986)'
  },
  {
    name: 'a path with an empty segment',
    spec: ['policy: {rules: [{name: list, match: {path: /api//orders}}]}'],
    local: [
      'spec.policy.rules[0].match.path: has an empty segment or a character that a URL path cannot hold: write single slashes and percent-encode other characters (RFC 3986)'
    ],
    server:
      'spec.policy.rules[0].match.path: Invalid value: "/api//orders": has an empty segment or a character that a URL path cannot hold: write single slashes and percent-encode other characters (RFC 3986)'
  },
  {
    name: 'a path with a dot segment',
    spec: ['policy: {rules: [{name: list, match: {path: /api/../orders}}]}'],
    local: [
      'spec.policy.rules[0].match.path: has a . or .. segment, which clients remove before they send a request: write the path that remains without it'
    ],
    server:
      'spec.policy.rules[0].match.path: Invalid value: "/api/../orders": has a . or .. segment, which clients remove before they send a request: write the path that remains without it'
  },
  {
    name: 'a path of too many segments',
    spec: [
      'policy: {rules: [{name: list, match: {path: /a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a}}]}'
    ],
    local: [
      'spec.policy.rules[0].match.path: has more than 32 segments: write the first ones and end the path with /*'
    ],
    server:
      'spec.policy.rules[0].match.path: Invalid value: "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a": has more than 32 segments: write the first ones and end the path with /*'
  },
  {
    name: 'a query parameter with a * in its middle',
    spec: [
      'policy: {rules: [{name: list, match: {path: /api/orders}, key: {query: {exclude: ["utm_*_id"]}}}]}'
    ],
    local: [
      'spec.policy.rules[0].key.query.exclude[0]: has a * that is not at its end: put the * last, such as utm_*'
    ],
    server:
      'spec.policy.rules[0].key.query.exclude[0]: Invalid value: "utm_*_id": has a * that is not at its end: put the * last, such as utm_*'
  },
  {
    name: 'a query parameter with its value',
    spec: [
      'policy: {rules: [{name: list, match: {path: /api/orders}, key: {query: {include: ["page=1"]}}}]}'
    ],
    local: [
      'spec.policy.rules[0].key.query.include[0]: is not the name of a query parameter: write the name alone, without ?, & or ='
    ],
    server:
      'spec.policy.rules[0].key.query.include[0]: Invalid value: "page=1": is not the name of a query parameter: write the name alone, without ?, & or ='
  },
  {
    name: 'a header name with a blank',
    spec: [
      'policy: {rules: [{name: list, match: {path: /api/orders}, bypass: {headers: [{name: X Debug}]}}]}'
    ],
    local: [
      'spec.policy.rules[0].bypass.headers[0].name: is not a header name: use letters, digits and hyphens only, such as Accept-Language'
    ],
    server:
      'spec.policy.rules[0].bypass.headers[0].name: Invalid value: "X Debug": is not a header name: use letters, digits and hyphens only, such as Accept-Language'
  },
  {
    name: 'a tag with a blank',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, tags: ["open orders"]}]}'],
    local: [
      'spec.policy.rules[0].tags[0]: has a blank, a comma or a brace without its partner: write text and references such as order:{path.id}'
    ],
    server:
      'spec.policy.rules[0].tags[0]: Invalid value: "open orders": has a blank, a comma or a brace without its partner: write text and references such as order:{path.id}'
  },
  {
    name: 'a misspelt field',
    spec: ['store: {maxMemry: 64Mi}'],
    local: ['spec.store.maxMemry: is not a known field: did you mean maxMemory?'],
    server: 'strict decoding error: unknown field "spec.store.maxMemry"',
    refusal: 'unread'
  },
  {
    name: 'a field of another place',
    spec: ['ttl: 15s'],
    local: ['spec.ttl: is not a known field: move it to spec.policy.rules[].ttl'],
    server: 'strict decoding error: unknown field "spec.ttl"',
    refusal: 'unread'
  },
  {
    name: 'two rules of one name',
    spec: [
      'policy: {rules: [{name: list, match: {path: /api/orders}, ttl: 15s}, {name: list, match: {path: /api/files}, ttl: 15s}]}'
    ],
    local: ["spec.policy.rules[1].name: is 'list', as that of an entry before it: give each entry its own"],
    server: 'spec.policy.rules[1]: Duplicate value: {"name":"list"}'
  },
  {
    name: 'a ttl that is a number',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, ttl: 15}]}'],
    local: ['spec.policy.rules[0].ttl: is the number 15, not a text: write it as a text, such as 15s'],
    server:
      'spec.policy.rules[0].ttl: Invalid value: "integer": spec.policy.rules[0].ttl in body must be of type string: "integer"',
    refusal: 'shape'
  },
  {
    name: 'a tag twice',
    spec: ['policy: {rules: [{name: list, match: {path: /api/orders}, tags: [orders, orders]}]}'],
    local: ["spec.policy.rules[0].tags[1]: repeats 'orders': take one of them out"],
    server: 'spec.policy.rules[0].tags[1]: Duplicate value: "orders"'
  },
  {
    name: 'identity Jwt without a word on tokens',
    spec: ['policy: {rules: [{name: mine, match: {path: /api/mine}, key: {identity: {type: Jwt}}}]}'],
    local: [
      'spec.policy.rules[0].key.identity.jwt: has type Jwt and does not say which tokens are valid: add jwt: {jwksUri: …, issuer: …, audience: …}'
    ],
    server:
      'spec.policy.rules[0].key.identity.jwt: Invalid value: has type Jwt and does not say which tokens are valid: add jwt: {jwksUri: …, issuer: …, audience: …}'
  },
  {
    name: 'tokens under identity None',
    spec: [
      'policy: {rules: [{name: mine, match: {path: /api/mine}, key: {identity: {type: None, jwt: {jwksUri: "https://login.example.com/keys", issuer: "https://login.example.com/", audience: mes-api}}}}]}'
    ],
    local: [
      'spec.policy.rules[0].key.identity.jwt: describes tokens, which only type Jwt looks at: write type: Jwt or take jwt out'
    ],
    server:
      'spec.policy.rules[0].key.identity.jwt: Invalid value: describes tokens, which only type Jwt looks at: write type: Jwt or take jwt out'
  },
  {
    name: 'tokens without an audience',
    spec: [
      'policy: {rules: [{name: mine, match: {path: /api/mine}, key: {identity: {type: Jwt, jwt: {jwksUri: "https://login.example.com/keys", issuer: "https://login.example.com/"}}}}]}'
    ],
    local: ['spec.policy.rules[0].key.identity.jwt.audience: is missing: add it, such as audience: mes-api'],
    server: 'spec.policy.rules[0].key.identity.jwt.audience: Required value',
    refusal: 'shape'
  },
  {
    name: 'keys at a place that is no URL',
    spec: [
      'policy: {rules: [{name: mine, match: {path: /api/mine}, key: {identity: {type: Jwt, jwt: {jwksUri: login.example.com/keys, issuer: me, audience: mes-api}}}}]}'
    ],
    local: [
      'spec.policy.rules[0].key.identity.jwt.jwksUri: is not an http:// or https:// URL: write it whole, without credentials and without #, such as https://login.example.com/.well-known/jwks.json'
    ],
    server:
      'spec.policy.rules[0].key.identity.jwt.jwksUri: Invalid value: "login.example.com/keys": is not an http:// or https:// URL: write it whole, without credentials and without #, such as https://login.example.com/.well-known/jwks.json'
  },
  {
    name: 'keys at a URL with a password',
    spec: [
      'policy: {rules: [{name: mine, match: {path: /api/mine}, key: {identity: {type: Jwt, jwt: {jwksUri: "https://me:secret@login.example.com/keys", issuer: me, audience: mes-api}}}}]}'
    ],
    local: [
      'spec.policy.rules[0].key.identity.jwt.jwksUri: is not an http:// or https:// URL: write it whole, without credentials and without #, such as https://login.example.com/.well-known/jwks.json'
    ],
    server:
      'spec.policy.rules[0].key.identity.jwt.jwksUri: Invalid value: "https://me:secret@login.example.com/keys": is not an http:// or https:// URL: write it whole, without credentials and without #, such as https://login.example.com/.well-known/jwks.json'
  },
  {
    name: 'keys in a file',
    spec: [
      'policy: {rules: [{name: mine, match: {path: /api/mine}, key: {identity: {type: Jwt, jwt: {jwksUri: "file:///etc/keys.json", issuer: me, audience: mes-api}}}}]}'
    ],
    local: [
      'spec.policy.rules[0].key.identity.jwt.jwksUri: is not an http:// or https:// URL: write it whole, without credentials and without #, such as https://login.example.com/.well-known/jwks.json'
    ],
    server:
      'spec.policy.rules[0].key.identity.jwt.jwksUri: Invalid value: "file:///etc/keys.json": is not an http:// or https:// URL: write it whole, without credentials and without #, such as https://login.example.com/.well-known/jwks.json'
  },
  {
    name: 'a claim with a blank',
    spec: [
      'policy: {rules: [{name: mine, match: {path: /api/mine}, key: {identity: {type: Jwt, jwt: {jwksUri: "https://login.example.com/keys", issuer: "https://login.example.com/", audience: mes-api, claims: [the role]}}}}]}'
    ],
    local: [
      'spec.policy.rules[0].key.identity.jwt.claims[0]: is not the name of a claim: write the name as it stands in the token, such as role'
    ],
    server:
      'spec.policy.rules[0].key.identity.jwt.claims[0]: Invalid value: "the role": is not the name of a claim: write the name as it stands in the token, such as role'
  },
  {
    name: 'a token as the sketch of the design had it',
    spec: [
      'policy: {rules: [{name: mine, match: {path: /api/mine}, key: {identity: {type: Jwt, Jwt: {jwksUri: "https://login.example.com/keys", issuer: "https://login.example.com/", audience: mes-api}}}}]}'
    ],
    local: ['spec.policy.rules[0].key.identity.Jwt: is not a known field: did you mean jwt?'],
    server: 'strict decoding error: unknown field "spec.policy.rules[0].key.identity.Jwt"',
    refusal: 'unread'
  },
  {
    name: 'shareAuthenticated under identity Jwt',
    spec: [
      'policy: {rules: [{name: mine, match: {path: /api/mine}, shareAuthenticated: true, key: {identity: {type: Jwt, jwt: {jwksUri: "https://login.example.com/keys", issuer: "https://login.example.com/", audience: mes-api}}}}]}'
    ],
    local: [
      'spec.policy.rules[0].shareAuthenticated: is true without identity None: add key: {identity: {type: None}}, or take shareAuthenticated out'
    ],
    server:
      'spec.policy.rules[0].shareAuthenticated: Invalid value: is true without identity None: add key: {identity: {type: None}}, or take shareAuthenticated out'
  },
  {
    name: 'events without their Secret',
    spec: ['invalidation: {amqp: {exchange: orders, bindings: ["order.*.status"], tags: [orders]}}'],
    local: ['spec.invalidation.amqp.secretRef: is missing: add it'],
    server: 'spec.invalidation.amqp.secretRef: Required value',
    refusal: 'shape'
  },
  {
    name: 'events with the URL in the manifest',
    spec: [
      'invalidation: {amqp: {url: "amqp://me:secret@mq", secretRef: {name: mes-rabbitmq, key: url}, exchange: orders, bindings: ["#"], tags: [orders]}}'
    ],
    local: [
      'spec.invalidation.amqp.url: is not a known field: known here are secretRef, exchange, bindings, tags'
    ],
    server: 'strict decoding error: unknown field "spec.invalidation.amqp.url"',
    refusal: 'unread'
  },
  {
    name: 'an exchange with a name that AMQP cannot say',
    spec: [
      'invalidation: {amqp: {secretRef: {name: mes-rabbitmq, key: url}, exchange: Aufträge, bindings: ["order.*.status"], tags: [orders]}}'
    ],
    local: [
      'spec.invalidation.amqp.exchange: is not the name of an exchange: write it as the broker has it, in ASCII characters, such as orders'
    ],
    server:
      'spec.invalidation.amqp.exchange: Invalid value: "Aufträge": is not the name of an exchange: write it as the broker has it, in ASCII characters, such as orders'
  },
  {
    name: 'a * inside of a word of a routing key',
    spec: [
      'invalidation: {amqp: {secretRef: {name: mes-rabbitmq, key: url}, exchange: orders, bindings: ["order.new*"], tags: [orders]}}'
    ],
    local: [
      'spec.invalidation.amqp.bindings[0]: is not a pattern of routing keys: write words with dots between them, a * for any one word, a # for any number of words, such as order.*.status'
    ],
    server:
      'spec.invalidation.amqp.bindings[0]: Invalid value: "order.new*": is not a pattern of routing keys: write words with dots between them, a * for any one word, a # for any number of words, such as order.*.status'
  },
  {
    name: 'a routing key with an empty word',
    spec: [
      'invalidation: {amqp: {secretRef: {name: mes-rabbitmq, key: url}, exchange: orders, bindings: ["order..status"], tags: [orders]}}'
    ],
    local: [
      'spec.invalidation.amqp.bindings[0]: is not a pattern of routing keys: write words with dots between them, a * for any one word, a # for any number of words, such as order.*.status'
    ],
    server:
      'spec.invalidation.amqp.bindings[0]: Invalid value: "order..status": is not a pattern of routing keys: write words with dots between them, a * for any one word, a # for any number of words, such as order.*.status'
  },
  {
    name: 'no bindings',
    spec: [
      'invalidation: {amqp: {secretRef: {name: mes-rabbitmq, key: url}, exchange: orders, bindings: [], tags: [orders]}}'
    ],
    local: [
      'spec.invalidation.amqp.bindings: is an empty list: add an entry, such as ["order.*.status"], or take it out'
    ],
    server:
      'spec.invalidation.amqp.bindings: Invalid value: 0: spec.invalidation.amqp.bindings in body should have at least 1 items'
  },
  {
    name: 'a tag of an event that refers to a path',
    spec: [
      'invalidation: {amqp: {secretRef: {name: mes-rabbitmq, key: url}, exchange: orders, bindings: ["order.*.status"], tags: ["order:{path.id}"]}}'
    ],
    local: [
      'spec.invalidation.amqp.tags[0]: has a reference that is none of {body.NAME} and {key.N}: refer to the message only: {body.orderId} is a property of its JSON, {key.1} the second word of its routing key; {path.NAME}, {query.NAME} and {header.NAME} are for requests'
    ],
    server:
      'spec.invalidation.amqp.tags[0]: Invalid value: "order:{path.id}": has a reference that is none of {body.NAME} and {key.N}: refer to the message only: {body.orderId} is a property of its JSON, {key.1} the second word of its routing key; {path.NAME}, {query.NAME} and {header.NAME} are for requests'
  },
  {
    name: 'a tag of an event that names a word of the routing key',
    spec: [
      'invalidation: {amqp: {secretRef: {name: mes-rabbitmq, key: url}, exchange: orders, bindings: ["order.*.status"], tags: ["order:{key.status}"]}}'
    ],
    local: [
      'spec.invalidation.amqp.tags[0]: has a reference that is none of {body.NAME} and {key.N}: refer to the message only: {body.orderId} is a property of its JSON, {key.1} the second word of its routing key; {path.NAME}, {query.NAME} and {header.NAME} are for requests'
    ],
    server:
      'spec.invalidation.amqp.tags[0]: Invalid value: "order:{key.status}": has a reference that is none of {body.NAME} and {key.N}: refer to the message only: {body.orderId} is a property of its JSON, {key.1} the second word of its routing key; {path.NAME}, {query.NAME} and {header.NAME} are for requests'
  },
  {
    name: 'a tag of an event with a blank',
    spec: [
      'invalidation: {amqp: {secretRef: {name: mes-rabbitmq, key: url}, exchange: orders, bindings: ["order.*.status"], tags: ["the order"]}}'
    ],
    local: [
      'spec.invalidation.amqp.tags[0]: has a blank, a comma or a brace without its partner: write text and references such as order:{body.orderId}'
    ],
    server:
      'spec.invalidation.amqp.tags[0]: Invalid value: "the order": has a blank, a comma or a brace without its partner: write text and references such as order:{body.orderId}'
  },
  {
    name: 'a word beyond the routing key',
    spec: [
      'invalidation: {amqp: {secretRef: {name: mes-rabbitmq, key: url}, exchange: orders, bindings: ["order.*.status"], tags: ["order:{key.3}"]}}'
    ],
    local: [
      'spec.invalidation.amqp.tags: refers to a word that no routing key of the bindings has: count the words from 0, such as {key.1} for NEW in order.NEW.status, or widen a binding'
    ],
    server:
      'spec.invalidation.amqp.tags: Invalid value: refers to a word that no routing key of the bindings has: count the words from 0, such as {key.1} for NEW in order.NEW.status, or widen a binding'
  },
  {
    name: 'a key of a Secret with a blank',
    spec: [
      'invalidation: {amqp: {secretRef: {name: mes-rabbitmq, key: the url}, exchange: orders, bindings: ["order.*.status"], tags: [orders]}}'
    ],
    local: [
      'spec.invalidation.amqp.secretRef.key: is not the key of a Secret: use letters, digits, hyphens, dots and underscores, such as url'
    ],
    server:
      'spec.invalidation.amqp.secretRef.key: Invalid value: "the url": is not the key of a Secret: use letters, digits, hyphens, dots and underscores, such as url'
  },
  {
    name: 'more traces than there are',
    spec: ['telemetry: {traceSampleRatio: 10}'],
    local: [
      'spec.telemetry.traceSampleRatio: is not a share from 0 to 1: write a number such as 0.1 for one trace in ten'
    ],
    server:
      'spec.telemetry.traceSampleRatio: Invalid value: 10: is not a share from 0 to 1: write a number such as 0.1 for one trace in ten'
  },
  {
    name: 'a negative share of traces',
    spec: ['telemetry: {traceSampleRatio: -0.5}'],
    local: [
      'spec.telemetry.traceSampleRatio: is not a share from 0 to 1: write a number such as 0.1 for one trace in ten'
    ],
    server:
      'spec.telemetry.traceSampleRatio: Invalid value: -0.5: is not a share from 0 to 1: write a number such as 0.1 for one trace in ten'
  },
  {
    name: 'a share of traces in percent',
    spec: ['telemetry: {traceSampleRatio: 10%}'],
    local: ['spec.telemetry.traceSampleRatio: is a text, not a number: write a number, such as 0.1'],
    server:
      'spec.telemetry.traceSampleRatio: Invalid value: "string": spec.telemetry.traceSampleRatio in body must be of type number: "string"',
    refusal: 'shape'
  }
]

/** A wrong manifest and exactly what a user reads at both doors. */
export interface WrongManifest {
  /** What is wrong, in words. */
  readonly name: string
  /** The manifest, without a namespace. */
  readonly yaml: string
  /** What `validateCacheTier` says: each problem by `formatProblem`, without the file and the line. */
  readonly local: readonly string[]
  /** What the API server says, also at server-side apply; kubectl prints it after words of its own. */
  readonly serverMessage: string
  /** Code and whole message of the Status that the API server answers when the object is created. */
  readonly status: { readonly code: 400 | 422; readonly message: string }
}

/**
 * Both doors are tested with this one table. Server-side apply has other words for unknown fields, duplicates and wrong types
 * than create; those stand last.
 */
export const WRONG_MANIFESTS: readonly WrongManifest[] = rows.map(({ name, tier = 'mes-api', ...row }) => ({
  name,
  yaml: yamlOf(row.spec, tier),
  local: row.local,
  serverMessage: row.server,
  status: statusOf(row.server, row.refusal ?? 'rule', tier)
}))

/** YAML of a tier with these lines of a spec. */
export function yamlOf(spec: readonly string[], tier = 'mes-api'): string {
  const workload = spec.some((line) => line.startsWith('workload:'))
    ? []
    : ['workload: {kind: Deployment, name: mes-api, port: http}']
  return [
    'apiVersion: alexandrite.dev/v1alpha1',
    'kind: CacheTier',
    `metadata: {name: ${tier}}`,
    'spec:',
    ...[...workload, ...spec].map((line) => `  ${line}`),
    ''
  ].join('\n')
}

export function statusOf(
  said: string,
  refusal: Refusal,
  name: string,
  kind = 'CacheTier'
): WrongManifest['status'] {
  if (refusal === 'unread') {
    return { code: 400, message: `${kind} in version "v1alpha1" cannot be handled as a ${kind}: ${said}` }
  }
  const opening = `${kind}.alexandrite.dev "${name}" is invalid: `
  if (refusal === 'rule') return { code: 422, message: opening + said }
  const unasked =
    '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; ' +
    'correct the existing errors to complete validation'
  return { code: 422, message: `${opening}[${said}, ${unasked}]` }
}
