// Who is on the line? Until this is answered nothing about any debt is on the page, and nothing may be said.
import type { CallView } from "../protocol";
import { calendarDate } from "../shared/format/time";
import { formatLocale, t, word } from "../shared/i18n";
import { T } from "../shared/i18n/T";
import { Button, Icon, Kbd, Panel } from "../shared/ui";
import { useModel } from "./model";
import { checksNeeded } from "./rules";

export function IdentityGate({ call }: { call: CallView }) {
  if (call.identity === "wrong_person" || call.identity === "refused") return <NotTheParty identity={call.identity} />;
  if (call.phase === "ended") return <NeverChecked />;
  if (call.phase === "dialing") return <Dialing call={call} />;
  return <Checks call={call} />;
}

function Checks({ call }: { call: CallView }) {
  const model = useModel();
  const can = model.can.value.identify;
  const needed = checksNeeded(call);
  const missing = Math.max(0, needed - model.ticked.value.size);
  return (
    <Panel kind="gate" title={t("identity.title")} testid="identity-gate">
      <ol class="gate-steps">
        <li>
          <T k="identity.ask" name={<bdi class="strong">{call.ask_for}</bdi>} />
        </li>
        <li>
          {needed > 0 ? t("identity.check", { n: needed }) : t("identity.no_checks")}
          <div class="gate-checks">
            {call.checks.map((check, index) => (
              <label key={check.key} class="gate-check">
                <input
                  type="checkbox"
                  checked={model.ticked.value.has(check.key)}
                  disabled={!can}
                  onChange={() => model.tick(check.key)}
                  data-testid={`check-${check.key}`}
                />
                <span class="gate-check-text">
                  <span class="muted">{word("check", check.key, check.label)}</span>
                  <bdi class="gate-expected num">{expectedText(check.expected)}</bdi>
                </span>
                <Kbd of={`alt+${index + 1}`} />
              </label>
            ))}
          </div>
        </li>
        <li>
          {t("identity.decide")}
          <div class="row gate-buttons">
            <Button
              variant="primary"
              icon="check"
              hint="y"
              disabled={!can || missing > 0}
              busy={model.busy("identify")}
              onClick={() => void model.identify("right_party")}
              testid="identify-right"
            >
              {t("identity.right_party")}
            </Button>
            <Button
              icon="cross"
              hint="w"
              disabled={!can}
              onClick={() => void model.identify("wrong_person")}
              testid="identify-wrong"
            >
              {t("identity.wrong_person")}
            </Button>
            <Button
              icon="ban"
              hint="x"
              disabled={!can}
              onClick={() => void model.identify("refused")}
              testid="identify-refused"
            >
              {t("identity.refused")}
            </Button>
          </div>
          <p class="muted gate-missing" aria-live="polite">
            {missing > 0 ? t("identity.missing", { n: missing }) : needed > 0 ? t("identity.enough") : ""}
          </p>
        </li>
      </ol>
      <p class="alert">
        <Icon name="shield" />
        <span>{t("identity.before")}</span>
      </p>
    </Panel>
  );
}

/** A date is shown in words, in the calendar that it was given in, so that nobody mixes up day and month. */
function expectedText(expected: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(expected)) return expected;
  return calendarDate(expected, `${formatLocale.value}-u-ca-gregory`);
}

function Dialing({ call }: { call: CallView }) {
  return (
    <Panel kind="gate" title={t("phase.dialing")} testid="dialing">
      <p>
        <T k="identity.dialing" name={<bdi class="strong">{call.ask_for}</bdi>} />
      </p>
    </Panel>
  );
}

function NotTheParty({ identity }: { identity: "wrong_person" | "refused" }) {
  return (
    <Panel kind="gate" title={t(`identity.${identity}`)} testid="identity-failed">
      <p class="alert alert-warn">
        <Icon name="shield" />
        <span>{t(identity === "refused" ? "identity.refused_text" : "identity.wrong_text")}</span>
      </p>
    </Panel>
  );
}

function NeverChecked() {
  return (
    <Panel kind="gate" title={t("identity.never")} testid="identity-never">
      <p class="muted">{t("identity.never_text")}</p>
    </Panel>
  );
}
