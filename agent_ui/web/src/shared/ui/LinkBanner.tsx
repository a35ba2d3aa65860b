// Says what is not heard, since when, what goes on meanwhile and that it mends itself: the server, or the dialer behind it.
import type { ReadonlySignal } from "@preact/signals";
import type { FloorLink } from "../../protocol";
import { offsetMs, tick } from "../clock";
import { duration } from "../format/time";
import { t } from "../i18n";
import type { Link } from "../live/connection";
import { Icon } from "./Icon";

export interface Lines {
  link: ReadonlySignal<Link>;
  floor: ReadonlySignal<FloorLink>;
}

export function LinkBanner({ connection: { link, floor } }: { connection: Lines }) {
  const { phase } = link.value;
  return (
    <div class="link-banner-place" role="status" aria-live="assertive">
      {phase === "lost" || phase === "ended" ? (
        <ServerLost link={link.value} />
      ) : (
        !floor.value.up && <DialerLost floor={floor.value} />
      )}
    </div>
  );
}

function ServerLost({ link: { phase, since, because } }: { link: Link }) {
  return (
    <div class="link-banner" data-testid="link-banner">
      <Icon name="warning" />
      <strong>{t(phase === "ended" ? "link.ended" : "link.lost")}</strong>
      <span class="link-banner-text">
        {t(phase === "ended" ? "link.ended_text" : because === "too_many" ? "link.too_many" : "link.lost_text")}
      </span>
      {phase === "lost" && <Since ms={since} />}
    </div>
  );
}

function DialerLost({ floor: { since, why } }: { floor: FloorLink }) {
  return (
    <div class="link-banner" data-testid="floor-banner" data-why={why}>
      <Icon name="warning" />
      <strong>{t("floor.lost")}</strong>
      <span class="link-banner-text">
        {t(why === "redis" ? "floor.redis" : "floor.dialer")} {t("floor.meanwhile")}
      </span>
      <Since ms={Date.parse(since) - offsetMs()} />
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
