// A terminal with just what the live view needs: rows of text, a cursor, and the sequences that the view may use. Any
// other sequence throws, so a test sees everything that a terminal would have to obey.

export class Screen {
  columns: number;
  rows: number;
  cursorShown = true;
  wraps = true;
  written = '';
  /** Every line that there ever was, scrolled out or not. */
  private lines: string[];
  private row: number;
  private column = 0;

  constructor(columns: number, rows: number, before: readonly string[] = []) {
    this.columns = columns;
    this.rows = rows;
    this.lines = [...before, ''];
    this.row = before.length;
  }

  get text(): string {
    return this.lines.map((line) => line.trimEnd()).join('\n');
  }

  /** How many lines have scrolled out at the top. */
  private get top(): number {
    return Math.max(0, this.lines.length - this.rows);
  }

  write(text: string): boolean {
    this.written += text;
    for (const [piece] of text.matchAll(/\p{Cc}\[\??[\d;]*[A-Za-z]|[^]/gu)) {
      if (piece.length > 1 && piece.startsWith('\x1b')) this.obey(piece.slice(2));
      else this.put(piece);
    }
    return true;
  }

  private put(character: string): void {
    if (character === '\r') this.column = 0;
    else if (character === '\n') this.feed();
    else if (/\p{Cc}/u.test(character)) throw new Error(`an unexpected control: ${JSON.stringify(character)}`);
    else {
      if (this.column >= this.columns && this.wraps) this.feed();
      this.column = Math.min(this.column, this.columns - 1);
      const line = (this.lines[this.row] ?? '').padEnd(this.column);
      this.lines[this.row] = line.slice(0, this.column) + character + line.slice(this.column + 1);
      this.column += 1;
    }
  }

  /** At the edge the cursor stands on the last character, not behind it. */
  private lineBeforeCursor(): string {
    return (this.lines[this.row] ?? '').slice(0, Math.min(this.column, this.columns - 1));
  }

  /** A terminal's driver turns a line feed into carriage return and line feed. */
  private feed(): void {
    this.row += 1;
    this.column = 0;
    if (this.row === this.lines.length) this.lines.push('');
  }

  private obey(sequence: string): void {
    const up = /^(\d+)A$/.exec(sequence)?.[1];
    if (up !== undefined) this.row = Math.max(this.top, this.row - Number(up));
    else if (sequence === 'K') this.lines[this.row] = this.lineBeforeCursor();
    else if (sequence === 'J')
      this.lines = [...this.lines.slice(0, this.row), this.lines[this.row]?.slice(0, this.column) ?? ''];
    else if (sequence === '?25l' || sequence === '?25h') this.cursorShown = sequence.endsWith('h');
    else if (sequence === '?7l' || sequence === '?7h') this.wraps = sequence.endsWith('h');
    else if (!/^\d+m$/.test(sequence)) throw new Error(`an unexpected sequence: ${sequence}`);
  }
}
