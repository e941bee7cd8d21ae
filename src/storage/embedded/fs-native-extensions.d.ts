declare module 'fs-native-extensions' {
  /** Whether an exclusive lock of the whole file was granted to this descriptor. */
  export function tryLock(fd: number): boolean;
}
