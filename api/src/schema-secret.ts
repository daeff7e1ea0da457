import * as rules from './rules.ts'
import { object, text } from './schema-parts.ts'

/** A value that must not stand in a manifest: the name of a Secret and the key in it. `example` is such a name. */
export const secretRef = (example: string, description: string) =>
  object(
    {
      name: text({
        description: "Name of the Secret, in the tier's namespace.",
        minLength: 1,
        maxLength: 253,
        examples: [example],
        rules: [rules.objectName]
      }),
      key: text({
        description: 'Key in the Secret whose value is the URL.',
        minLength: 1,
        maxLength: 253,
        examples: ['url'],
        rules: [rules.secretKey]
      })
    },
    { description }
  )
