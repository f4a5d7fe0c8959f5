/** More of a line than this, in UTF-16 units, is not kept: what never ends one must not fill the memory. */
const longestLine = 64 * 1024;

/** Cuts text that comes in pieces into lines, without their ends. */
export class LineReader {
  private line = '';

  constructor(private readonly take: (line: string) => void) {}

  add(piece: string): void {
    let from = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', from)) {
      this.extend(piece.slice(from, end));
      this.flush();
      from = end + 1;
    }
    this.extend(piece.slice(from));
  }

  /** Nothing comes any more: what has no end is a line, too. */
  end(): void {
    if (this.line !== '') this.flush();
  }

  private extend(part: string): void {
    if (this.line.length < longestLine) this.line += part.slice(0, longestLine - this.line.length);
  }

  private flush(): void {
    const line = this.line.replace(/\r$/, '');
    this.line = '';
    this.take(line);
  }
}
