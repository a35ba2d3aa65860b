import type { AgentConsole } from "../protocol";
import { startConsole } from "../shared/start";
import { App } from "./App";
import "../shared/styles/index.css";
import "./agent.css";
import "./phone/phone.css";
import "./work.css";

void startConsole<AgentConsole>({ namespace: "/agent", roles: ["agent"], App });
