// A list is made, a file is put into it with progress and its rejects, and the list is ended with a reason.
import { fireEvent, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LISTS } from "../../src/mock/listFixtures";
import { setCsrf } from "../../src/shared/api";
import { toasts } from "../../src/shared/notices";
import { ImportAnswer } from "../../src/supervisor/compliance/importAnswer";
import { settle } from "../agent/helpers";
import { type Call, openTab, refused } from "./tabs";

const REPORT = {
  list_name: "Letters and calls",
  file: "numbers.csv",
  state: "done",
  version: 1,
  lines: 3,
  rejected: 1,
  entries: 2,
  first_rejects: [{ line: 2, reason: "no telephone number", written: "hello" }],
};
const line = (told: unknown) => `${JSON.stringify(told)}\n`;

/** A request that the test answers piece by piece. */
class RequestTwin {
  static last: RequestTwin;
  upload: { onprogress?: (event: { lengthComputable: boolean; loaded: number; total: number }) => void } = {};
  onprogress?: () => void;
  onload?: () => void;
  onerror?: () => void;
  onabort?: () => void;
  status = 200;
  responseText = "";
  headers: Record<string, string> = {};
  opened: string[] = [];
  form: FormData | null = null;
  constructor() {
    RequestTwin.last = this;
  }
  open(method: string, path: string) {
    this.opened = [method, path];
  }
  setRequestHeader(name: string, value: string) {
    this.headers[name] = value;
  }
  getResponseHeader() {
    return null;
  }
  send(form: FormData) {
    this.form = form;
  }
  abort() {
    this.onabort?.();
  }
  async hear(text: string, end = false) {
    this.responseText += text;
    this.onprogress?.();
    if (end) this.onload?.();
    await settle();
  }
}

beforeEach(() => {
  setCsrf("token");
  vi.stubGlobal("XMLHttpRequest", RequestTwin);
});
afterEach(() => {
  setCsrf(null);
  toasts.value = [];
  vi.unstubAllGlobals();
});

function answers({ path, method }: Call): Response | null {
  if (path === "/api/campaigns") return Response.json({ campaigns: [{ id: 3, name: "Spring", creditor: "Banco" }] });
  if (path === "/api/lists" && method === "POST") return Response.json({ id: 9, name: "Court orders" });
  if (path === "/api/lists") return Response.json({ lists: LISTS, upload_limit_bytes: 2 ** 20 });
  return path.endsWith("/end") ? Response.json({ list: "Letters and calls", ended: true }) : null;
}

async function openImport(): Promise<Call[]> {
  const calls = await openTab("lists", answers);
  fireEvent.click(screen.getByTestId("list-1-import"));
  await settle();
  return calls;
}

async function choose(size = 30) {
  const file = new File(["+12125550142\n".repeat(2), "x".repeat(size)], "numbers.csv", { type: "text/csv" });
  const control = screen.getByTestId<HTMLInputElement>("import-file");
  Object.defineProperty(control, "files", { value: [file], configurable: true });
  fireEvent.change(control);
  await settle();
}

async function press(id: string) {
  fireEvent.click(screen.getByTestId(id));
  await settle();
}

describe("an import", () => {
  it("sends options before the file, tells its progress, its rejects and gives them all", async () => {
    const calls = await openImport();
    await choose();
    fireEvent.change(screen.getByTestId("import-mode"), { target: { value: "replace" } });
    fireEvent.input(screen.getByTestId("import-country"), { target: { value: "US" } });
    fireEvent.click(screen.getByTestId("import-partial"));
    await press("import-send");
    const request = RequestTwin.last;
    expect(request.opened).toEqual(["POST", "/api/lists/1/import"]);
    expect(request.headers["X-CSRF-Token"]).toBe("token");
    expect([...(request.form?.keys() ?? [])]).toEqual(["options", "file"]);
    expect(JSON.parse(String(request.form?.get("options")))).toEqual({
      mode: "replace",
      column: null,
      country: "US",
      evidence: "",
      refresh_by: null,
      partial: true,
      dry_run: false,
    });
    request.upload.onprogress?.({ lengthComputable: true, loaded: 5, total: 10 });
    await settle();
    expect(screen.getByTestId("import-progress").textContent).toContain("Sending");
    expect(screen.getByTestId("import-progress").querySelector("progress")?.value).toBe(0.5);
    await request.hear(line({ phase: "storing", done: 1, total: 4 }));
    expect(screen.getByTestId("import-progress").textContent).toContain("Storing");
    await request.hear(
      line({ report: REPORT, rejects_follow: true }) + "line,column,reason,number\n2,number,x,hello\n",
      true,
    );
    expect(screen.queryByTestId("import-progress")).toBeNull();
    expect(screen.getByTestId("import-outcome").textContent).toContain("Version 1 is in force: 2 entries");
    expect(screen.getByTestId("import-rejects").textContent).toContain("Line 2: hello no telephone number");
    const link = screen.getByTestId<HTMLAnchorElement>("import-download");
    expect(link.getAttribute("download")).toBe("numbers.csv.rejects.csv");
    await waitFor(() => expect(link.getAttribute("href")).toContain("blob:"));
    expect(calls.at(-1)?.path).toBe("/api/lists");
  });
  it("that only checks changes nothing and says so", async () => {
    const calls = await openImport();
    await choose();
    await press("import-check");
    const request = RequestTwin.last;
    expect(JSON.parse(String(request.form?.get("options"))).dry_run).toBe(true);
    const report = { ...REPORT, state: "checked", rejected: 0, first_rejects: [] };
    await request.hear(line({ report, rejects_follow: false }), true);
    expect(screen.getByTestId("import-outcome").textContent).toContain("Nothing was changed");
    expect(screen.queryByTestId("import-download")).toBeNull();
    expect(calls.filter((call) => call.path === "/api/lists")).toHaveLength(1);
  });
  it("is refused at the field before and after it is sent", async () => {
    await openImport();
    await press("import-send");
    expect(screen.getByTestId("field-error").textContent).toContain("Choose a file");
    await choose(2 ** 20);
    await press("import-send");
    expect(screen.getByTestId("field-error").textContent).toContain("larger than 1 MB");
    await choose();
    await press("import-send");
    await RequestTwin.last.hear(
      line({ error: { code: "invalid", message: "column: no such", field: "column" } }),
      true,
    );
    expect(screen.getByTestId("field-error").textContent).toContain("no such");
    await press("import-send");
    RequestTwin.last.status = 409;
    await RequestTwin.last.hear(JSON.stringify({ error: { code: "busy", message: "Another file." } }), true);
    expect(screen.getByTestId("import-trouble").textContent).toContain("Another file.");
  });
  it("that breaks off is said, and closing the dialog stops it", async () => {
    await openImport();
    await choose();
    await press("import-send");
    await RequestTwin.last.hear(line({ phase: "reading", done: 1, total: 2 }), true);
    expect(screen.getByTestId("import-trouble").textContent).toContain("cannot be reached");
    await press("import-send");
    const stopped = vi.spyOn(RequestTwin.last, "abort");
    await press("dialog-close");
    expect(stopped).toHaveBeenCalled();
  });
});

describe("the answer of an import", () => {
  it("is read as it grows, in whatever pieces it comes", () => {
    const whole = `${line({ phase: "reading", done: 1, total: 2 })}${line({ report: REPORT, rejects_follow: true })}a,b\n{"c"\n`;
    const answer = new ImportAnswer();
    for (let end = 1; end <= whole.length; end += 1) answer.feed(whole.slice(0, end));
    expect(answer.phase).toEqual({ phase: "reading", done: 1, total: 2 });
    expect(answer.report?.entries).toBe(2);
    expect(answer.rejects(whole)).toBe('a,b\n{"c"\n');
  });
});

describe("a list", () => {
  it("is made for a creditor, with what is missing said at its field", async () => {
    const calls = await openTab("lists", answers);
    await press("list-make");
    await press("make-send");
    expect(screen.getByTestId("field-error").textContent).toContain("Give the list a name");
    fireEvent.input(screen.getByTestId("make-name"), { target: { value: " Court orders " } });
    fireEvent.change(screen.getByTestId("make-scope"), { target: { value: "creditor" } });
    await settle();
    await press("make-send");
    expect(screen.getByTestId("field-error").textContent).toContain("Name the creditor");
    fireEvent.input(screen.getByTestId("make-whose"), { target: { value: "Banco" } });
    fireEvent.input(screen.getByTestId("make-refresh_by"), { target: { value: "2027-01-31" } });
    fireEvent.click(screen.getByTestId("make-denies"));
    await press("make-send");
    expect(calls.find((call) => call.method === "POST")?.body).toEqual({
      name: "Court orders",
      kind: "entries",
      scope: "creditor",
      whose: "Banco",
      source: "",
      evidence: "",
      refresh_by: "2027-01-31",
      overdue_denies: true,
    });
    expect(toasts.value[0]?.text).toContain("Court orders was made");
    expect(screen.queryByTestId("list-make-dialog")).toBeNull();
  });
  it("is ended with a reason, and one that has ended can neither take a file nor end again", async () => {
    const calls = await openTab("lists", answers);
    expect(screen.queryByTestId("list-4-import")).toBeNull();
    expect(screen.queryByTestId("list-4-end")).toBeNull();
    await press("list-1-end");
    fireEvent.input(screen.getByTestId("reason"), { target: { value: "contract over" } });
    await press("reason-send");
    expect(calls.find((call) => call.method === "POST")).toMatchObject({
      path: "/api/lists/1/end",
      body: { reason: "contract over" },
    });
    expect(calls.at(-1)?.path).toBe("/api/lists");
  });
  it("that the server does not make says why", async () => {
    await openTab("lists", (call) =>
      call.method === "POST" ? refused(422, "there is (or was) a list of this name", "name") : answers(call),
    );
    await press("list-make");
    fireEvent.input(screen.getByTestId("make-name"), { target: { value: "Letters" } });
    await press("make-send");
    expect(screen.getByTestId("field-error").textContent).toContain("there is (or was)");
  });
});
