/** A run that must not begin: the message says what is wrong and how to mend it. Nothing has been sent yet but look-ups. */
export class RefusedRun extends Error {
  override readonly name = 'RefusedRun'
}
