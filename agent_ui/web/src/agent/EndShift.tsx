// Ending the shift is asked once: a key press alone must not take an agent off the floor.
import { t } from "../shared/i18n";
import { Button, Dialog } from "../shared/ui";
import { useModel, useView } from "./model";

export function EndShift() {
  const model = useModel();
  const { call } = useView();
  const close = () => {
    model.ending.value = false;
  };
  return (
    <Dialog title={t("end.title")} onClose={close} testid="end-dialog">
      <p>{t(call ? "end.text_call" : "end.text")}</p>
      <div class="dialog-actions">
        <Button onClick={close} testid="end-cancel">
          {t("common.cancel")}
        </Button>
        <Button
          variant="primary"
          disabled={!model.can.value.logout}
          onClick={() => {
            close();
            void model.run("logout");
          }}
          testid="end-confirm"
        >
          {t("state.end_shift")}
        </Button>
      </div>
    </Dialog>
  );
}
