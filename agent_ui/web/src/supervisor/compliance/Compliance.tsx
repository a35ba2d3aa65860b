// The compliance view: one tab for each ledger or list. A new tab is one more line in TABS and its two words.
import type { FunctionComponent } from "preact";
import { type MessageKey, t } from "../../shared/i18n";
import { place } from "../view";
import { Abandonment } from "./Abandonment";
import { Consents } from "./Consents";
import { Lists } from "./Lists";
import { Rulebooks } from "./Rulebooks";
import { Verdicts } from "./Verdicts";
import { Wishes } from "./Wishes";

interface Tab {
  id: string;
  title: MessageKey;
  Part: FunctionComponent;
}

const TABS: readonly [Tab, ...Tab[]] = [
  { id: "abandonment", title: "compliance.abandonment", Part: Abandonment },
  { id: "verdicts", title: "compliance.verdicts", Part: Verdicts },
  { id: "rulebooks", title: "compliance.rulebooks", Part: Rulebooks },
  { id: "lists", title: "compliance.lists", Part: Lists },
  { id: "wishes", title: "compliance.wishes", Part: Wishes },
  { id: "consents", title: "compliance.consents", Part: Consents },
];

export function Compliance() {
  const shown = TABS.find((tab) => tab.id === place.value.tab) ?? TABS[0];
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
          </a>
        ))}
      </nav>
      <shown.Part />
    </main>
  );
}
