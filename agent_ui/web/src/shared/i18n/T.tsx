// A message with elements in it: <T k="call.ask_for" name={<bdi>…</bdi>} />
import type { ComponentChildren } from "preact";
import { type MessageKey, template } from ".";

export function T({ k, ...parts }: { k: MessageKey } & Record<string, ComponentChildren>) {
  return (
    <>
      {template(k)
        .split(/(\{\w+\})/)
        .map((piece) => parts[piece.slice(1, -1)] ?? piece)}
    </>
  );
}
