// Small choices kept in this browser. A browser that refuses storage only forgets them.
export function readPref(name: string): string | null {
  try {
    return localStorage.getItem(`promiseline.${name}`);
  } catch {
    return null;
  }
}

export function writePref(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`promiseline.${name}`);
    else localStorage.setItem(`promiseline.${name}`, value);
  } catch {
    // kept for this page only
  }
}
