// Applies numbered changes to a state without mutating it; untouched branches keep their identity.
import type { Op } from "../../protocol";

export class OpsError extends Error {}

const FORBIDDEN = new Set<string | number>(["__proto__", "constructor", "prototype"]);

function changeArray(list: readonly unknown[], key: string | number, rest: Op["path"], op: Op): unknown[] {
  const index = typeof key === "number" ? key : Number(key);
  if (!Number.isInteger(index) || index < 0 || index > list.length) throw new OpsError(`no place ${key} in a list`);
  const next = list.slice();
  if (rest.length > 0) next[index] = change(list[index], rest, op);
  else if (op.value === undefined) next.splice(index, 1);
  else next[index] = op.value;
  return next;
}

function changeObject(record: Record<string, unknown>, key: string | number, rest: Op["path"], op: Op) {
  const next = { ...record };
  if (rest.length > 0) next[key] = change(record[key], rest, op);
  else if (op.value === undefined) delete next[key];
  else next[key] = op.value;
  return next;
}

function change(node: unknown, path: Op["path"], op: Op): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return op.value;
  if (FORBIDDEN.has(key)) throw new OpsError(`the key ${key} is refused`);
  if (Array.isArray(node)) return changeArray(node, key, rest, op);
  if (typeof node === "object" && node !== null) return changeObject(node as Record<string, unknown>, key, rest, op);
  throw new OpsError(`nothing to change at ${String(key)}`);
}

/** The state after `ops`, in order. Throws `OpsError` when a path leads nowhere: the caller must take a new snapshot. */
export function applyOps<T>(state: T, ops: readonly Op[]): T {
  return ops.reduce((current, op) => change(current, op.path, op) as T, state);
}
