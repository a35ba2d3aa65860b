// The compliance view: one tab for each ledger or list. A new tab is one more line in TABS and its two words.
import type { FunctionComponent } from "preact";
import { useEffect } from "preact/hooks";
import { count } from "../../shared/format/number";
import { type MessageKey, t } from "../../shared/i18n";
import { place } from "../view";
import { Abandonment } from "./Abandonment";
import { AmdEvidence } from "./AmdEvidence";
import { Consents } from "./Consents";
import { Lists } from "./Lists";
import { Reviews } from "./Reviews";
import { Rulebooks } from "./Rulebooks";
import { lookWaiting, waiting } from "./reviews";
import { Verdicts } from "./Verdicts";
import { Wishes } from "./Wishes";

interface Tab {
  id: string;
  title: MessageKey;
  Part: FunctionComponent;
  open?: () => number | null; // how many wait here for somebody
}

const TABS: readonly [Tab, ...Tab[]] = [
  { id: "abandonment", title: "compliance.abandonment", Part: Abandonment },
  { id: "reviews", title: "compliance.reviews", Part: Reviews, open: () => waiting.value },
  { id: "verdicts", title: "compliance.verdicts", Part: Verdicts },
  { id: "rulebooks", title: "compliance.rulebooks", Part: Rulebooks },
  { id: "lists", title: "compliance.lists", Part: Lists },
  { id: "wishes", title: "compliance.wishes", Part: Wishes },
  { id: "consents", title: "compliance.consents", Part: Consents },
  { id: "amd", title: "compliance.amd", Part: AmdEvidence },
];

export function Compliance() {
  const shown = TABS.find((tab) => tab.id === place.value.tab) ?? TABS[0];
  useEffect(() => void lookWaiting(), []);
  return (
    <main class="compliance" data-testid="compliance">
      <nav class="tabs" aria-label={t("compliance.tabs")}>
        {TABS.map((tab) => (
          <a
            key={tab.id}
            class="tab"
            href={`#compliance/${tab.id}`}
            aria-current={tab === shown ? "page" : undefined}
            data-testid={`tab-${tab.id}`}
          >
            {t(tab.title)}
            <Waiting n={tab.open?.() ?? null} />
          </a>
        ))}
      </nav>
      <shown.Part />
    </main>
  );
}

export function Waiting({ n }: { n: number | null }) {
  if (!n) return null;
  return (
    <span class="tab-count" data-testid="reviews-waiting">
      <span class="sr-only">{t("review.waiting")} </span>
      {count(n)}
    </span>
  );
}
