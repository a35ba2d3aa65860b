// Which part of the supervisor's page is shown: in the address, so that a reload and the back button keep it.
import { signal } from "@preact/signals";

export const VIEWS = ["floor", "whatif", "compliance", "users"] as const;
export type View = (typeof VIEWS)[number];

/** `#compliance/lists` is the view `compliance` with its tab `lists`. */
export function placeOf(hash: string): { view: View; tab: string | null } {
  const [name, tab] = hash.replace(/^#/, "").split("/");
  return { view: VIEWS.find((view) => view === name) ?? "floor", tab: tab || null };
}

export const place = signal(placeOf(location.hash));

window.addEventListener("hashchange", () => {
  place.value = placeOf(location.hash);
});
