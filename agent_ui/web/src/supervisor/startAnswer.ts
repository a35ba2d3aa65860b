// Reads the answer of a campaign's start as it grows: lines of JSON, the last of them the report or what stands against it. Pure.
export class StartAnswer {
  share = 0; // of the work, 0..1
  added: number | null = null; // persons in the queue that were not there before; null: not started
  error: { code: string; message: string } | null = null;
  private read = 0; // so many characters were looked at

  /** `text`: everything so far. */
  feed(text: string): void {
    for (let end = text.indexOf("\n", this.read); end >= 0; end = text.indexOf("\n", this.read)) {
      const line = JSON.parse(text.slice(this.read, end));
      this.read = end + 1;
      if ("error" in line) this.error = line.error;
      else if ("report" in line) this.added = line.report.added;
      else if (line.total > 0) this.share = line.done / line.total;
    }
  }
}
