// One question to the server: its answer, what went wrong, and whether it is under way. Only the newest question counts.
import { type Signal, useSignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { ApiError } from "../../shared/api";
import { failureText } from "../../shared/failure";

export interface Trouble {
  text: string;
  field: string | null;
}

export interface Asked<T> {
  found: Signal<T | null>;
  trouble: Signal<Trouble | null>;
  busy: Signal<boolean>;
  /** Resolves to whether it worked and was not overtaken by a newer question. */
  ask(work: () => Promise<T>): Promise<boolean>;
  /** What need not be asked: the field lacks something. */
  refuse(field: string, text: string): void;
}

export function useAsked<T>(): Asked<T> {
  const found = useSignal<T | null>(null);
  const trouble = useSignal<Trouble | null>(null);
  const busy = useSignal(false);
  const newest = useRef(0);
  return useMemo(() => {
    async function ask(work: () => Promise<T>): Promise<boolean> {
      newest.current += 1;
      const mine = newest.current;
      busy.value = true;
      try {
        const answer = await work();
        if (mine !== newest.current) return false;
        found.value = answer;
        trouble.value = null;
        return true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (mine === newest.current) trouble.value = { text: failureText(error), field: error.field };
        return false;
      } finally {
        if (mine === newest.current) busy.value = false;
      }
    }
    function refuse(field: string, text: string): void {
      trouble.value = { text, field };
    }
    return { found, trouble, busy, ask, refuse };
  }, []);
}
