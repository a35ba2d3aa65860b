// Line icons, 16 px, drawn with the text's colour. They decorate words and never stand alone without a label.
const PATHS = {
  phone:
    "M4 2.5h2l1 3-1.4 1.2a8 8 0 0 0 3.7 3.7L10.5 9l3 1v2a1.5 1.5 0 0 1-1.6 1.500A11 11 0 0 1 2.5 4.1 1.5 1.5 0 0 1 4 2.500Z",
  hangup: "M2 9.800c3.3-3.7 8.7-3.7 12 0l-1.6 1.9-2.4-1.100V8.900a7 7 0 0 0-4 0v1.700l-2.4 1.100L2 9.800Z",
  pause: "M5.5 3v10M10.5 3v10",
  play: "M4.5 3v10l8-5-8-5Z",
  exit: "M6.5 2.500h-4v11h4M10 5l3 3-3 3M13 8H6",
  check: "m3 8.5 3.2 3.200L13 5",
  cross: "m4 4 8 8m0-8-8 8",
  warning: "M8 2 14.5 13.500h-13L8 2Zm0 4.500v3.200m0 1.800v.2",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12Zm0-6.500v3.700M8 5v.2",
  sun: "M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM8 1v1.500m0 11V15M1 8h1.500m11 0H15M3 3l1 1m8 8 1 1m0-10-1 1M4 12l-1 1",
  moon: "M13.5 9.700A6 6 0 0 1 6.3 2.500a6 6 0 1 0 7.2 7.200Z",
  globe: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM2 8h12M8 2c2 2 2.5 4 2.5 6S10 12 8 14c-2-2-2.5-4-2.5-6S6 4 8 2Z",
  user: "M8 8a2.7 2.7 0 1 0 0-5.400A2.7 2.7 0 0 0 8 8Zm-5.5 5.500c.5-2.5 2.7-4 5.5-4s5 1.5 5.5 4",
  keyboard: "M1.5 4h13v8h-13V4Zm2.5 2.500h.2m2.4 0h.2m2.4 0h.2m2.4 0h.2M5 9.500h6",
  note: "M3 2.500h10v8l-3 3H3v-11Zm10 8h-3v3M5.5 6h5m-5 2.500h3",
  coins:
    "M6 8.500c2.5 0 4.5-1 4.5-2.200S8.5 4 6 4 1.5 5 1.5 6.3 3.5 8.5 6 8.500Zm-4.5-2.200v3.400C1.5 11 3.5 12 6 12s4.5-1 4.5-2.300V6.300m0 5.200c2.2-.1 4-1 4-2.200V5.900c0-1.2-1.6-2-3.5-2.2",
  calendar: "M2.5 3.500h11v10h-11v-10Zm0 3.500h11M5.5 2v3m5-3v3",
  message: "M2 3h12v8H8l-3.5 2.800V11H2V3Z",
  ban: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM3.8 3.800l8.4 8.4",
  dialpad: "M4 3.500h.1m3.9 0h.1m3.8 0h.1M4 8h.1M8 8h.1m3.8 0h.1M4 12.500h.1m3.9 0h.1m3.8 0h.1",
  chevron: "m4 6 4 4 4-4",
  skip: "M3 3.500v9L10 8 3 3.500Zm9.5 0v9",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12ZM8 4.500V8l2.3 1.5",
  shield: "M8 1.8 13.3 4v4c0 3.2-2.2 5.3-5.3 6.300C4.9 13.3 2.7 11.2 2.7 8V4L8 1.800Z",
  plus: "M8 3v10M3 8h10",
  server: "M2.5 3h11v4h-11V3Zm0 6h11v4h-11V9ZM5 5h.1M5 11h.1",
  inbox: "M2 9.5 4 3h8l2 6.500V13H2V9.500Zm0 0h3.500l1 1.500h3l1-1.500H14",
  mic: "M8 10a2 2 0 0 0 2-2V4a2 2 0 1 0-4 0v4a2 2 0 0 0 2 2ZM3.5 8a4.500 4.500 0 0 0 9 0M8 12.500V15",
  mic_off: "M8 10a2 2 0 0 0 2-2V4a2 2 0 1 0-4 0v4a2 2 0 0 0 2 2ZM3.5 8a4.500 4.500 0 0 0 9 0M8 12.500V15M2 2l12 12",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, mirror = false }: { name: IconName; mirror?: boolean }) {
  return (
    <svg class={mirror ? "icon icon-mirror" : "icon"} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
