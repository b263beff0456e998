/**
 * Training and validation loss over steps or epochs, with the best step and the known floor.
 */
import { linePlot } from './line-plot.ts';
import type { Rule, Series } from './series.ts';
import { PALETTE } from './style.ts';

/** A loss over time. */
export interface LossHistory {
  /** Step or epoch of each value. */
  readonly step: ArrayLike<number>;
  readonly loss: ArrayLike<number>;
}

/** Options of `lossCurve`. */
export interface LossCurveOptions {
  readonly train: LossHistory;
  readonly validation?: LossHistory;
  /** Step of the checkpoint that was kept. */
  readonly best?: number;
  /** A value that the loss cannot go below, such as the entropy of the data. */
  readonly floor?: { readonly value: number; readonly name: string };
  /** Default `step`. */
  readonly xLabel?: string;
  /** Default `loss [nats a map]`. */
  readonly yLabel?: string;
  readonly title?: string;
  readonly width?: number;
  readonly height?: number;
}

/**
 * Loss curves as SVG. The y axis leaves out the first, steep tenth of the training where it would hide the rest.
 * @throws RangeError if the training history is empty
 */
export function lossCurve(options: LossCurveOptions): string {
  const { train, validation, best, floor, xLabel = 'step', yLabel = 'loss [nats a map]', title } = options;
  const series: Series[] = [
    {
      name: 'training',
      x: train.step,
      y: train.loss,
      color: PALETTE[0]!,
      size: 1.4,
      opacity: train.loss.length > 300 ? 0.45 : 1,
    },
  ];
  if (validation !== undefined && validation.loss.length > 0) {
    series.push({ name: 'validation', x: validation.step, y: validation.loss, color: PALETTE[1]! });
  }
  const rules: Rule[] = [];
  if (best !== undefined) rules.push({ x: best, name: `kept (${xLabel} ${best.toLocaleString('en-US')})` });
  if (floor !== undefined)
    rules.push({ y: floor.value, name: floor.name, color: PALETTE[2]!, dashed: false });
  const domain = lossDomain(series, floor?.value);
  return linePlot({
    ...(title === undefined ? {} : { title }),
    width: options.width ?? 640,
    height: options.height ?? 380,
    x: { label: xLabel },
    y: { label: yLabel, ...(domain === undefined ? {} : { domain }) },
    series,
    rules,
  });
}

/** The range without the first tenth, where the whole would be more than four times as wide. */
function lossDomain(series: readonly Series[], floor: number | undefined): [number, number] | undefined {
  const all: number[] = floor === undefined ? [] : [floor];
  const late: number[] = [...all];
  for (const { y } of series) {
    for (let i = 0; i < y.length; i++) {
      if (!Number.isFinite(y[i]!)) continue;
      all.push(y[i]!);
      if (i >= y.length / 10) late.push(y[i]!);
    }
  }
  if (late.length < 8) return undefined;
  const range = (values: number[]): [number, number] =>
    values.reduce(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
    ] as [number, number]);
  const [low, high] = range(all);
  const [lateLow, lateHigh] = range(late);
  const width = lateHigh - lateLow;
  if (!(width > 0) || high - low < 4 * width) return undefined;
  return [lateLow - 0.06 * width, lateHigh + 0.15 * width];
}
