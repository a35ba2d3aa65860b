import { clockTime } from "../shared/format/time";
import { t } from "../shared/i18n";
import { Icon } from "../shared/ui";
import { useBoard } from "./context";

const CLASS = { info: "alert", warning: "alert alert-warn", error: "alert alert-bad" } as const;

export function Alarms() {
  const { alarms } = useBoard();
  return (
    <div class="alarms" role="log" aria-live="polite" aria-label={t("board.alarms")} data-testid="alarms">
      {alarms.map((alarm) => (
        <div key={alarm.id} class={CLASS[alarm.level]} data-testid={`alarm-${alarm.level}`}>
          <Icon name={alarm.level === "info" ? "info" : "warning"} />
          <span class="grow">
            <bdi>{alarm.text}</bdi>
          </span>
          <time class="num" dateTime={alarm.at}>
            {clockTime(alarm.at)}
          </time>
        </div>
      ))}
    </div>
  );
}
