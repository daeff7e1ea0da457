/** What is used of thriftrw, the codec that jaeger-client has its messages encoded by. */
declare module 'thriftrw' {
  export interface Codec {
    readFrom(buffer: Buffer, offset: number): { readonly err?: Error; readonly value: unknown }
  }
  export class Thrift {
    constructor(options: { source: string; allowOptionalArguments: boolean })
    readonly Batch: { readonly rw: Codec }
  }
}
