import type { TimelineItem } from "../protocol";
import { dateTime } from "../shared/format/time";
import { t } from "../shared/i18n";
import { Empty, Icon, type IconName, Panel } from "../shared/ui";

const ICON: Record<TimelineItem["kind"], IconName> = {
  call: "phone",
  message: "message",
  note: "note",
  promise: "coins",
  request: "shield",
  inbound: "inbox",
};

export function Timeline({ items, zone }: { items: TimelineItem[]; zone: string }) {
  const newestFirst = [...items].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  return (
    <Panel title={t("file.timeline")} aside={t("file.timeline_zone")} flush testid="timeline">
      {items.length === 0 ? (
        <Empty icon="clock" title={t("file.no_timeline")} />
      ) : (
        <ol class="lines">
          {newestFirst.map((item) => (
            <li key={`${item.at} ${item.kind} ${item.text}`} class="line timeline-item">
              <span class={`mark mark-${item.kind}`}>
                <Icon name={ICON[item.kind]} />
              </span>
              <span class="grow">
                <span class="sr-only">{t(`timeline.${item.kind}`)}: </span>
                <bdi>{item.text}</bdi>
                {item.detail && (
                  <span class="cell-note">
                    <bdi>{item.detail}</bdi>
                  </span>
                )}
              </span>
              <time class="muted num" dateTime={item.at}>
                {dateTime(item.at, zone)}
              </time>
            </li>
          ))}
        </ol>
      )}
    </Panel>
  );
}
