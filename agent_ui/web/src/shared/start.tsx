// How a console's page comes up: theme and language, who is signed in, then the live stream; problems are said plainly.
import { effect } from "@preact/signals";
import { type ComponentType, render } from "preact";
import type { Me, Role } from "../protocol";
import { ApiError } from "./api";
import { startTicking } from "./clock";
import { startLocale, t } from "./i18n";
import { LiveConnection } from "./live/connection";
import { socketWire, type Wire } from "./live/wire";
import { currentSession, go, homeOf } from "./session";
import { startTheme } from "./theme";
import { Button } from "./ui/Button";
import { Empty } from "./ui/bits";

const BYE_MS = 1_500; // long enough to read why

async function mockWire(namespace: "/agent" | "/supervisor"): Promise<Wire | null> {
  if (!import.meta.env.DEV || !new URLSearchParams(location.search).has("mock")) return null;
  return (await import("../mock")).startMock(namespace);
}

function root(): HTMLElement {
  const element = document.getElementById("app");
  if (!element) throw new Error("the page has no #app");
  return element;
}

function Unreachable() {
  return (
    <main class="whole-page">
      <Empty icon="server" title={t("start.unreachable")}>
        <p>{t("start.unreachable_text")}</p>
        <Button variant="primary" onClick={() => location.reload()}>
          {t("start.again")}
        </Button>
      </Empty>
    </main>
  );
}

async function sessionOrAway(roles: readonly Role[]): Promise<Me | null> {
  try {
    const session = await currentSession();
    if (!session) go("/");
    else if (!roles.includes(session.user.role)) go(homeOf(session.user.role));
    else return session;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    render(<Unreachable />, root());
  }
  return null;
}

export async function startConsole<T>(options: {
  namespace: "/agent" | "/supervisor";
  roles: readonly Role[];
  App: ComponentType<{ connection: LiveConnection<T> }>;
}): Promise<void> {
  startTheme();
  startTicking();
  const mock = await mockWire(options.namespace);
  await startLocale();
  const session = await sessionOrAway(options.roles);
  if (!session) return;
  await startLocale(session.user.language);
  const wire = mock ?? socketWire(options.namespace);
  const connection: LiveConnection<T> = new LiveConnection<T>(wire, () => {
    // A refused socket mostly means an ended session; only the server knows, so it is asked.
    void currentSession().then(
      (now) => {
        if (!now) go("/");
        else if (!options.roles.includes(now.user.role)) go(homeOf(now.user.role));
      },
      () => undefined,
    );
  });
  effect(() => {
    if (connection.link.value.phase === "ended") setTimeout(() => go("/"), BYE_MS);
  });
  connection.open();
  const { App } = options;
  render(<App connection={connection} />, root());
}
