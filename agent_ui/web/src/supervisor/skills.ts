// Skills as typed, with commas or blanks between them. Mirrors campaigns/skills.py; the server checks again. Pure.
export const MOST_SKILLS = 32;

export function skillsOf(text: string): string[] {
  return [
    ...new Set(
      text
        .toLowerCase()
        .split(/[\s,،;]+/)
        .filter((one) => one !== ""),
    ),
  ].sort();
}

/** The first that is not written like a skill; null: all are. */
export function oddSkill(skills: readonly string[]): string | null {
  return skills.find((skill) => !/^[a-z][a-z0-9_-]{0,31}$/.test(skill)) ?? null;
}

export const skillsText = (skills: readonly string[]): string => skills.join(", ");
