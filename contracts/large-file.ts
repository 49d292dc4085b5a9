/** A new binary file, or one that has grown beyond a megabyte. */
export interface LargeFile {
  readonly path: string;
  readonly bytes: number;
  readonly binary: boolean;
}
