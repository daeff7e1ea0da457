import * as rules from './rules.ts'
import { asSet, LIMITS, list, text } from './schema-parts.ts'

export const path = text({
  description:
    'Path of the request URL, without the query: exact (/api/orders), with parameters (/api/orders/:id) or a prefix (/api/*, which also matches /api). Compared segment by segment, case-sensitive; a parameter matches one non-empty segment.',
  maxLength: LIMITS.path,
  examples: ['/api/orders/:id'],
  rules: rules.path
})

export const tags = list(
  text({
    description:
      'A tag, or a template of tags: {path.NAME}, {query.NAME} and {header.NAME} are replaced by the values of the request. A tag whose reference has no value is left out.',
    minLength: 1,
    maxLength: LIMITS.tag,
    rules: rules.tag
  }),
  {
    description:
      'Tags of the stored answer. Purging a tag makes every answer that carries it stale at once, in all pods. Default: none.',
    maxItems: LIMITS.tags,
    examples: [['orders', 'order:{path.id}']],
    ...asSet
  }
)
