import { render } from "preact";
import { startTicking } from "../shared/clock";
import { startLocale } from "../shared/i18n";
import { currentSession, go, homeOf } from "../shared/session";
import { startTheme } from "../shared/theme";
import { Login } from "./Login";
import "../shared/styles/index.css";
import "./login.css";

startTheme();
startTicking();
await startLocale();
const root = document.getElementById("app");
if (root) render(<Login />, root);

// Somebody who is signed in already is sent on. When the server cannot be asked, the form says so on the first try.
void currentSession().then(
  (session) => session && go(homeOf(session.user.role)),
  () => undefined,
);
