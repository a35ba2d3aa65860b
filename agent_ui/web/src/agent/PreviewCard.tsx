// Preview mode: read first, then dial or skip. Only what may be known before the call is here.
import type { CallView } from "../protocol";
import { languageName } from "../shared/format/language";
import { t, word } from "../shared/i18n";
import { Button, Menu, Panel, Phone, Timer } from "../shared/ui";
import { useModel, useView } from "./model";

const SKIP_REASONS = ["bad_time", "just_contacted", "wrong_language", "conflict_of_interest", "other"];

export function PreviewCard({ call }: { call: CallView }) {
  const model = useModel();
  const { agent } = useView();
  const can = model.can.value.preview;
  return (
    <div class="centre">
      <Panel
        kind="preview"
        title={t("preview.title")}
        aside={
          agent.deadline && (
            <span>
              {t("preview.left")} <Timer until={agent.deadline} testid="preview-timer" />
            </span>
          )
        }
        testid="preview"
      >
        <p class="muted">{t("call.ask_for")}</p>
        <p class="preview-name">
          <bdi data-testid="ask-for">{call.ask_for}</bdi>
        </p>
        <dl class="facts">
          <dt>{t("preview.phone")}</dt>
          <dd>
            <Phone number={call.phone_masked} />
          </dd>
          <dt>{t("preview.campaign")}</dt>
          <dd>
            <bdi>{call.campaign}</bdi>
          </dd>
          <dt>{t("preview.language")}</dt>
          <dd>{languageName(call.language)}</dd>
        </dl>
        <div class="row">
          <Button
            variant="good"
            icon="phone"
            hint="d"
            disabled={!can}
            busy={model.busy("preview_dial")}
            onClick={() => void model.run("preview_dial")}
            testid="preview-dial"
          >
            {t("preview.dial")}
          </Button>
          <Menu
            icon="skip"
            hint="s"
            disabled={!can || call.skips_left === 0}
            busy={model.busy("preview_skip")}
            open={model.skipOpen}
            label={t("preview.skip_why")}
            items={SKIP_REASONS.map((reason) => ({
              value: reason,
              label: word("skip", reason),
              testid: `skip-${reason}`,
            }))}
            onPick={(reason) => void model.run("preview_skip", { reason })}
            testid="preview-skip"
          >
            {t("preview.skip")}
          </Menu>
        </div>
        {call.dials_at_end && <p class="muted">{t("preview.dials_at_end")}</p>}
        {call.skips_left === 0 ? (
          <p class="muted">{t("error.skips_used")}</p>
        ) : (
          typeof call.skips_left === "number" && <p class="muted">{t("preview.skips_left", { n: call.skips_left })}</p>
        )}
      </Panel>
    </div>
  );
}
