import { t } from "../shared/i18n";
import { place, VIEWS } from "./view";

export function ViewLinks() {
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
        </a>
      ))}
    </nav>
  );
}
