/** A generated file, committed beside its source. */
export interface DeployFile {
  /** Path inside deploy/, with forward slashes. */
  readonly file: string;
  /** Its whole content, with the newline at its end. */
  readonly text: string;
}
