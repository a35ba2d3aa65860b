// What a broadcast campaign plays, as typed, and what it lacks. Limits mirror campaigns/model.py; the server checks again. Pure.
import type { MessageKey } from "../shared/i18n";

export const OPT_OUT_KEY = "9";

export interface Announcement {
  announcement: string;
  announcement_words: string;
  amd: boolean;
  announcement_to_machines: boolean;
}

/** The first field that lacks something, with the message that says what; null: it may be sent. */
export function announcementProblem(draft: Announcement): { field: keyof Announcement; key: MessageKey } | null {
  if (draft.announcement.trim() === "") return { field: "announcement", key: "announce.need_recording" };
  if (!draft.announcement_words.includes(OPT_OUT_KEY)) {
    return { field: "announcement_words", key: "announce.need_key" };
  }
  return null;
}

/** What is sent; a machine can hear it only where it is told from a person. */
export function announcementOf(draft: Announcement): Announcement {
  return {
    announcement: draft.announcement.trim(),
    announcement_words: draft.announcement_words.trim(),
    amd: draft.amd,
    announcement_to_machines: draft.amd && draft.announcement_to_machines,
  };
}
