// Keyboard commands: which key means what now, and when keys belong to a field instead.
export interface KeyCommand {
  key: string; // "r", "?", "1", "Enter", "alt+p"
  label: string;
  group: string;
  enabled: boolean;
  run: () => void;
}

type KeyPress = Pick<KeyboardEvent, "key" | "code" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">;

/** Letters by what is printed on the key, or by its place where the layout writes another script (or Alt makes a symbol of it). */
export function keyName(event: KeyPress): string | null {
  if (event.ctrlKey || event.metaKey) return null;
  const place = /^(?:Key([A-Z])|(?:Digit|Numpad)(\d))$/.exec(event.code);
  let name = event.key;
  if (/^[a-z]$/i.test(name)) name = name.toLowerCase();
  else if (place && (event.altKey || /[^\u0020-\u007e]/.test(name))) name = (place[1] ?? place[2] ?? "").toLowerCase();
  else if (name === "؟") name = "?";
  return event.altKey ? `alt+${name}` : name;
}

const TEXT_INPUTS = new Set(["button", "checkbox", "radio", "submit", "reset", "image", "range", "color"]);

export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return false;
  const field = target.closest("input, textarea, select, [contenteditable]");
  if (!field) return false;
  if (field instanceof HTMLInputElement) return !TEXT_INPUTS.has(field.type);
  return field.getAttribute("contenteditable") !== "false";
}

/** Keys that a focused control uses itself must stay with it. */
function belongsToControl(target: EventTarget | null, name: string): boolean {
  if (!(target instanceof Element) || !["Enter", " "].includes(name)) return false;
  return target.closest("button, a[href], summary, input, [role=menuitem]") !== null;
}

/** Listens for the commands that `current()` offers at the moment of the key. Returns the way to stop. */
export function listenKeys(current: () => readonly KeyCommand[], root: Document = document): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented || event.repeat || event.isComposing || isTyping(event.target)) return;
    if (root.querySelector("dialog[open], [role=menu]")) return;
    const name = keyName(event);
    if (name === null || belongsToControl(event.target, name)) return;
    const command = current().find((candidate) => candidate.key === name && candidate.enabled);
    if (!command) return;
    event.preventDefault();
    command.run();
  };
  root.addEventListener("keydown", onKey);
  return () => root.removeEventListener("keydown", onKey);
}

export function keyLabel(key: string): string {
  const names: Record<string, string> = { Enter: "↵", Escape: "Esc" };
  return key
    .split("+")
    .map(
      (part) => names[part] ?? (part.length === 1 ? part.toUpperCase() : part.charAt(0).toUpperCase() + part.slice(1)),
    )
    .join("+");
}
