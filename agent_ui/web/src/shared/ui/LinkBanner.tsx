// Says that the line to the server is down, since when, and that it is being mended.
import type { Signal } from "@preact/signals";
import { tick } from "../clock";
import { duration } from "../format/time";
import { t } from "../i18n";
import type { Link } from "../live/connection";
import { Icon } from "./Icon";

export function LinkBanner({ link }: { link: Signal<Link> }) {
  const { phase, since, because } = link.value;
  const shown = phase === "lost" || phase === "ended";
  return (
    <div class="link-banner-place" role="status" aria-live="assertive">
      {shown && (
        <div class="link-banner" data-testid="link-banner">
          <Icon name="warning" />
          <strong>{t(phase === "ended" ? "link.ended" : "link.lost")}</strong>
          <span class="link-banner-text">
            {t(phase === "ended" ? "link.ended_text" : because === "too_many" ? "link.too_many" : "link.lost_text")}
          </span>
          {phase === "lost" && <Since ms={since} />}
        </div>
      )}
    </div>
  );
}

function Since({ ms }: { ms: number }) {
  return (
    <span class="timer" aria-hidden="true">
      {duration(Math.max(tick.value, Date.now()) - ms)}
    </span>
  );
}
