// Short messages of this page itself (the server's notices are in the streams). They go away by themselves, errors do not.
import { signal } from "@preact/signals";
import { newId } from "./id";

export interface Toast {
  id: string;
  level: "info" | "good" | "error";
  text: string;
}

export const toasts = signal<Toast[]>([]);

export function dismissToast(id: string): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function toast(level: Toast["level"], text: string): void {
  const id = newId();
  toasts.value = [...toasts.value.filter((other) => other.text !== text).slice(-3), { id, level, text }];
  if (level !== "error") setTimeout(() => dismissToast(id), 5_000);
}

/** What a screen reader says when something happens that must not take the focus. */
export const announcement = signal("");

export function announce(text: string): void {
  announcement.value = text;
}
