// The last hour by minutes: a chart, its key, and the same figures as a table for who cannot see a chart.
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Minute } from "../protocol";
import { count } from "../shared/format/number";
import { clockTime } from "../shared/format/time";
import { locale, t } from "../shared/i18n";
import { isDark } from "../shared/theme";
import { Button, Empty, Panel } from "../shared/ui";
import { MINUTES_S, timeRange } from "./chartAxis";
import { useBoard } from "./context";

const SERIES = ["dialed", "answered", "bridged", "abandoned", "promises"] as const;
const HEIGHT = 190;

function colour(of: HTMLElement, name: string): string {
  const probe = of.appendChild(document.createElement("i"));
  probe.className = `series-${name}`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

function dataOf(minutes: readonly Minute[]): uPlot.AlignedData {
  return [
    minutes.map((minute) => Date.parse(minute.at) / 1_000),
    ...SERIES.map((name) => minutes.map((minute) => minute[name])),
  ];
}

function optionsFor(place: HTMLElement): uPlot.Options {
  const axis = {
    stroke: colour(place, "axis"),
    grid: { stroke: colour(place, "grid"), width: 1 },
    ticks: { show: false },
  };
  const font = `11px ${getComputedStyle(place).fontFamily}`;
  return {
    width: Math.max(200, place.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { setScale: false } },
    padding: [8, 26, 0, 0],
    scales: {
      x: { range: (plot) => timeRange(plot.data[0]) },
      y: { range: (_plot, _least, most) => [0, Math.max(4, most * 1.1)] },
    },
    axes: [
      {
        ...axis,
        font,
        size: 26,
        space: 70,
        incrs: MINUTES_S,
        values: (_plot, ticks) => ticks.map((at) => clockTime(new Date(at * 1_000).toISOString())),
      },
      {
        ...axis,
        font,
        size: 40,
        values: (_plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : "")),
      },
    ],
    series: [
      {},
      ...SERIES.map((name) => ({
        label: name,
        stroke: colour(place, name),
        width: name === "dialed" ? 1.25 : 2,
        points: { show: (plot: uPlot) => plot.data[0].length === 1 }, // a single minute makes no line
      })),
    ],
  };
}

export function LastHour() {
  const { minutes } = useBoard();
  const asTable = useSignal(false);
  const toggle = (
    <Button
      small
      variant="ghost"
      pressed={asTable.value}
      onClick={() => {
        asTable.value = !asTable.value;
      }}
      testid="chart-table-toggle"
    >
      {t("chart.as_table")}
    </Button>
  );
  return (
    <Panel title={t("chart.title")} aside={minutes.length > 0 && toggle} testid="last-hour">
      {minutes.length === 0 ? (
        <Empty icon="clock" title={t("chart.empty")} />
      ) : (
        <>
          {asTable.value ? <Figures minutes={minutes} /> : <Chart minutes={minutes} />}
          {!asTable.value && <Key minutes={minutes} />}
        </>
      )}
    </Panel>
  );
}

function Chart({ minutes }: { minutes: readonly Minute[] }) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const dark = isDark();
  const language = locale.value;
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const made = new uPlot(optionsFor(element), dataOf(minutes), element);
    plot.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: Math.max(200, element.clientWidth), height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [dark, language]);
  useEffect(() => plot.current?.setData(dataOf(minutes)), [minutes]);
  return <div class="chart" ref={place} dir="ltr" role="img" aria-label={t("chart.label")} data-testid="chart" />;
}

function Key({ minutes }: { minutes: readonly Minute[] }) {
  return (
    <ul class="chart-key">
      {SERIES.map((name) => (
        <li key={name}>
          <span class={`chart-mark series-${name}`} aria-hidden="true" />
          {t(`chart.${name}`)}{" "}
          <span class="num strong">{count(minutes.reduce((sum, minute) => sum + minute[name], 0))}</span>
        </li>
      ))}
    </ul>
  );
}

function Figures({ minutes }: { minutes: readonly Minute[] }) {
  return (
    <div class="chart-table table-wrap">
      <table class="table" data-testid="chart-table">
        <thead>
          <tr>
            <th scope="col">{t("chart.minute")}</th>
            {SERIES.map((name) => (
              <th key={name} scope="col" class="end">
                {t(`chart.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...minutes].reverse().map((minute) => (
            <tr key={minute.at}>
              <th scope="row" class="num">
                {clockTime(minute.at)}
              </th>
              {SERIES.map((name) => (
                <td key={name} class="end">
                  {count(minute[name])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
