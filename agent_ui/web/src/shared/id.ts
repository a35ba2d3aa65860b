// A random id. `crypto.randomUUID` exists only on secure origins; a console on plain http in a LAN needs one too.
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
