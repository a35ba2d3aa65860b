// Reads the answer of an import as it grows: lines of JSON, then perhaps the CSV of what was not taken. Pure.
export interface ImportReport {
  list_name: string;
  file: string;
  state: "done" | "checked" | "refused";
  version: number;
  lines: number;
  rejected: number;
  entries: number;
  first_rejects: { line: number; reason: string; written: string }[];
}

export interface Phase {
  phase: "reading" | "sorting" | "storing";
  done: number;
  total: number;
}

export interface ImportError {
  code: string;
  message: string;
  field?: string;
}

export class ImportAnswer {
  phase: Phase | null = null;
  report: ImportReport | null = null;
  error: ImportError | null = null;
  private read = 0; // so many characters were looked at
  private rejectsFollow = false;

  /** `text`: everything so far. */
  feed(text: string): void {
    while (this.report === null && this.error === null) {
      const end = text.indexOf("\n", this.read);
      if (end < 0) return;
      const line = JSON.parse(text.slice(this.read, end));
      this.read = end + 1;
      if ("error" in line) this.error = line.error;
      else if ("report" in line) {
        this.report = line.report;
        this.rejectsFollow = line.rejects_follow === true;
      } else this.phase = line;
    }
  }

  /** The CSV of the lines that were not taken; null where there is none. */
  rejects(text: string): string | null {
    return this.rejectsFollow ? text.slice(this.read) : null;
  }
}
