// What the server has to say to this agent; each stays until it is dismissed.
import { clockTime } from "../shared/format/time";
import { t } from "../shared/i18n";
import { Icon, IconButton } from "../shared/ui";
import { useModel, useView } from "./model";

const TONE = { info: "alert", warning: "alert alert-warn", error: "alert alert-bad" } as const;

export function Notices() {
  const model = useModel();
  const { notices } = useView();
  return (
    <div class="notices" role="log" aria-live="polite" aria-label={t("notices.title")} data-testid="notices">
      {notices.map((notice) => (
        <div key={notice.id} class={TONE[notice.level]} data-testid={`notice-${notice.level}`}>
          <Icon name={notice.level === "info" ? "info" : "warning"} />
          <span class="grow">
            <bdi>{notice.text}</bdi>
          </span>
          <time class="num" dateTime={notice.at}>
            {clockTime(notice.at)}
          </time>
          <IconButton
            icon="cross"
            label={t("common.dismiss")}
            disabled={!model.live.value}
            onClick={() => void model.run("dismiss_notice", { id: notice.id })}
          />
        </div>
      ))}
    </div>
  );
}
