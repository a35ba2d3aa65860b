// Opens one tab of the compliance view against answers that the test gives, and keeps what was asked.
import { render } from "@testing-library/preact";
import { h } from "preact";
import { Compliance } from "../../src/supervisor/compliance/Compliance";
import { place, placeOf } from "../../src/supervisor/view";
import { settle } from "../agent/helpers";

export interface Call {
  method: string;
  path: string;
  body: Record<string, unknown> | null;
  csrf: string | null;
}

/** The server of a test: it keeps what was asked of it, and knows no route that `answer` does not know. */
export function serving(answer: (call: Call) => Response | null): Call[] {
  const calls: Call[] = [];
  window.fetch = async (input, init) => {
    const call: Call = {
      method: init?.method ?? "GET",
      path: String(input),
      body: init?.body ? JSON.parse(String(init.body)) : null,
      csrf: new Headers(init?.headers).get("X-CSRF-Token"),
    };
    calls.push(call);
    return answer(call) ?? refused(404, "no such route");
  };
  return calls;
}

export async function openTab(tab: string, answer: (call: Call) => Response | null): Promise<Call[]> {
  const calls = serving(answer);
  place.value = placeOf(`#compliance/${tab}`);
  render(h(Compliance, null));
  await settle();
  return calls;
}

export function refused(status: number, message: string, field?: string): Response {
  return Response.json({ error: { code: "invalid", message, field } }, { status });
}
