/** Good manifests: accepted by `parseCacheTiers` and by the API server, with equal defaults. */
export const goodManifests: readonly { readonly name: string; readonly yaml: string }[] = [
  {
    name: 'the least that a tier can say',
    yaml: `
apiVersion: alexandrite.dev/v1alpha1
kind: CacheTier
metadata: {name: least, namespace: default}
spec:
  workload: {name: mes-api, port: http}
`
  },
  {
    name: 'the order page of the MES',
    yaml: `
apiVersion: alexandrite.dev/v1alpha1
kind: CacheTier
metadata: {name: mes-api, namespace: default}
spec:
  workload: {kind: Deployment, name: mes-api, port: http}
  store: {topology: Sidecar, maxMemory: 128Mi}
  policy:
    rules:
      - name: order-list
        match: {methods: [GET], path: /api/orders}
        key: {query: {include: [status, page]}, headers: [Accept-Language], identity: {type: None}}
        shareAuthenticated: true
        bypass: {headers: [{name: X-Debug}]}
        ttl: 15s
        jitter: 20%
        staleWhileRevalidate: 10s
        staleIfError: 5m
        tags: [orders, "orders:status:{query.status}"]
      - name: order-card
        match: {path: "/api/orders/:id"}
        ttl: 45s
        tags: ["order:{path.id}"]
  invalidation:
    onWrite:
      - match: {methods: [POST, PATCH], path: "/api/orders/:id/*"}
        tags: [orders, "order:{path.id}"]
  limits: {maxObjectSize: 1Mi, maxRequestBodySize: 100Mi, requestTimeout: 15m, originTimeout: 2m}
`
  },
  {
    name: 'an own Redis, and a key by the caller',
    yaml: `
apiVersion: alexandrite.dev/v1alpha1
kind: CacheTier
metadata: {name: external, namespace: default, labels: {team: shop}}
spec:
  workload: {kind: StatefulSet, name: shop.api, port: web-2}
  store: {topology: External, secretRef: {name: shop-redis, key: url}}
  policy:
    rules:
      - name: basket
        match: {methods: [GET, HEAD], path: "/shops/:shop/baskets/:basket/*"}
        key: {identity: {type: Header, header: Authorization}, query: {exclude: ["utm_*", fbclid]}}
        ttl: 1h30m
        overrideOrigin: true
        ignoreOriginProhibition: true
        jitter: 0%
        tags: ["shop:{path.shop}", "{path.shop}/{path.basket}", "tenant:{header.X-Tenant}"]
      - name: everything-else
        match: {path: /*}
        bypass: {headers: [{name: Cache-Control, value: no-cache}, {name: X-Preview}]}
        ttl: 0s
  invalidation:
    onWrite:
      - match: {path: "/shops/:shop/*"}
        tags: ["shop:{path.shop}"]
`
  },
  {
    name: 'answers by the role in a token, events of a broker, and every trace',
    yaml: `
apiVersion: alexandrite.dev/v1alpha1
kind: CacheTier
metadata: {name: events, namespace: default}
spec:
  workload: {name: mes-api, port: http}
  policy:
    rules:
      - name: mine
        match: {path: /api/mine}
        key:
          identity:
            type: Jwt
            jwt:
              jwksUri: https://login.example.com:8443/.well-known/jwks.json?tenant=a
              issuer: https://login.example.com/
              audience: mes-api
              claims: [role, "https://example.com/shop"]
        ttl: 10s
        tags: [orders]
      - name: anyone
        match: {path: /api/anyone}
        key: {identity: {type: Jwt, jwt: {jwksUri: "http://[fd00::1]:80/keys", issuer: me, audience: you}}}
  invalidation:
    onWrite: []
    amqp:
      secretRef: {name: mes-rabbitmq, key: url}
      exchange: orders
      bindings: [order.*.status, "#", "*", a/b.c-d_e]
      tags: [orders, "order:{body.orderId}", "order:{body.order.id}:{key.12}"]
  telemetry: {traceSampleRatio: 1}
`
  },
  {
    name: 'one Redis for all pods, and fields that are null',
    yaml: `
apiVersion: alexandrite.dev/v1alpha1
kind: CacheTier
metadata: {name: shared, namespace: default}
spec:
  workload: {kind: null, name: mes-api, port: http}
  store: {topology: Shared, maxMemory: 64Gi, secretRef: null}
  policy: {rules: []}
  invalidation: {}
  limits: null
`
  }
]
