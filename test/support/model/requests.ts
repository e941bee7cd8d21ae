/** The words in which a step is told to the model and, as HTTP, to the server. */

export interface ModelProducer {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
}

/** The header that gives a stream its lifetime. */
export interface ModelLifetime {
  readonly name: 'Stream-TTL' | 'Stream-Expires-At';
  readonly value: string;
}

export interface ModelFork {
  readonly source: string;
  /** Undefined: the source's tail. */
  readonly at: number | undefined;
  readonly sub: number;
}

export interface ModelWrite {
  readonly path: string;
  readonly type: string | undefined;
  /** Printable ASCII. Empty: none. */
  readonly body: string;
  readonly closes: boolean;
  readonly streamSeq: string | undefined;
  readonly producer: ModelProducer | undefined;
  readonly ifMatch: string | undefined;
}

export interface ModelCreate extends ModelWrite {
  /** The bucket that has to be there; undefined at the base address. */
  readonly bucket: string | undefined;
  readonly ifNoneMatch: '*' | undefined;
  readonly lifetime: ModelLifetime | undefined;
  readonly fork: ModelFork | undefined;
}

/** Where a read begins. */
export type ModelFrom = number | '-1' | 'now';
