import type { SupervisorBoard } from "../protocol";
import { startConsole } from "../shared/start";
import { App } from "./App";
import "../shared/styles/index.css";
import "./supervisor.css";
import "./floor.css";
import "./compliance/compliance.css";
import "./compliance/forms.css";

void startConsole<SupervisorBoard>({ namespace: "/supervisor", roles: ["supervisor", "admin"], App });
