// A call's working space: on one side the person (first the identity check, then the file), on the other what came of it.
import type { CallView } from "../protocol";
import { Actions } from "./Actions";
import { CustomerFile } from "./CustomerFile";
import { IdentityGate } from "./IdentityGate";
import { useView } from "./model";
import { Outcome } from "./Outcome";
import { fileMayShow } from "./rules";

export function Work({ call }: { call: CallView }) {
  const view = useView();
  const file = fileMayShow(view) ? view.file : null;
  return (
    <div class="work">
      <div class="work-person">{file ? <CustomerFile file={file} /> : <IdentityGate call={call} />}</div>
      {call.phase !== "dialing" && (
        <div class="work-outcome">
          <Actions file={file} />
          <Outcome call={call} />
        </div>
      )}
    </div>
  );
}
