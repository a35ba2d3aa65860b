import { describe, expect, it } from "vitest";
import { applyOps, OpsError } from "../../src/shared/live/ops";

interface State {
  a: { b: number; c?: number };
  list: { n: number }[];
  other: { kept: boolean };
}
const state = (): State => ({ a: { b: 1, c: 2 }, list: [{ n: 1 }, { n: 2 }], other: { kept: true } });

describe("ops", () => {
  it("set a value deep inside and leave the old state and untouched branches alone", () => {
    const before = state();
    const after = applyOps(before, [{ path: ["a", "b"], value: 5 }]);
    expect(after.a).toEqual({ b: 5, c: 2 });
    expect(before.a.b).toBe(1);
    expect(after.other).toBe(before.other);
    expect(after.list).toBe(before.list);
  });

  it("delete what has no value, in objects and in lists", () => {
    const after = applyOps(state(), [
      { path: ["a", "c"], value: undefined },
      { path: ["list", 0], value: undefined },
    ]);
    expect(after.a).toEqual({ b: 1 });
    expect(after.list).toEqual([{ n: 2 }]);
    const absent = JSON.parse('{"path": ["a", "c"]}');
    expect(applyOps(state(), [absent]).a).toEqual({ b: 1 });
  });

  it("set null as null, which is not a deletion", () => {
    expect(applyOps({ call: { id: 1 } as { id: number } | null }, [{ path: ["call"], value: null }])).toEqual({
      call: null,
    });
  });

  it("append to a list at its end, change inside a list, take an index as text", () => {
    const after = applyOps(state(), [
      { path: ["list", 2], value: { n: 3 } },
      { path: ["list", "1", "n"], value: 9 },
    ]);
    expect(after.list).toEqual([{ n: 1 }, { n: 9 }, { n: 3 }]);
  });

  it("replace everything at the empty path", () => {
    expect(applyOps<unknown>(state(), [{ path: [], value: { fresh: true } }])).toEqual({ fresh: true });
  });

  it("apply in order", () => {
    const after = applyOps({ x: {} as Record<string, unknown> }, [
      { path: ["x", "y"], value: {} },
      { path: ["x", "y", "z"], value: 1 },
    ]);
    expect(after).toEqual({ x: { y: { z: 1 } } });
  });

  it.each([
    [["missing", "deep"]],
    [["list", 5]],
    [["list", -1]],
    [["list", "n"]],
    [["a", "b", "c"]],
    [["__proto__", "polluted"]],
    [["constructor", "prototype", "polluted"]],
  ])("refuse the path %j", (path) => {
    expect(() => applyOps(state(), [{ path, value: 1 }])).toThrow(OpsError);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
