import { useEffect } from "preact/hooks";
import { t } from "../shared/i18n";
import { Waiting } from "./compliance/Compliance";
import { waiting, watchWaiting } from "./compliance/reviews";
import { place, VIEWS } from "./view";

export function ViewLinks() {
  useEffect(watchWaiting, []);
  return (
    <nav class="views" aria-label={t("view.all")}>
      {VIEWS.map((view) => (
        <a
          key={view}
          class="view-link"
          href={`#${view}`}
          aria-current={place.value.view === view ? "page" : undefined}
          data-testid={`view-${view}`}
        >
          {t(`view.${view}`)}
          {view === "compliance" && <Waiting n={waiting.value} />}
        </a>
      ))}
    </nav>
  );
}
