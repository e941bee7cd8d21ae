/** Where every server of this protocol, and every ceiling, keeps the stream of a name. */
export function streamPath(name: string): string {
  return `/v1/stream/bench/${name}`;
}

export function numberedPath(group: string, number: number): string {
  return streamPath(`${group}-${number}`);
}
