/** Every figure: well-formed, free of NaN, drawn by resvg, and clear about data that cannot be drawn. */
import { decode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import * as report from './index.ts';

const count = (n: number, f: (i: number) => number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => f(i));
const NOISE = count(500, (i) => ((i * 7919) % 500) / 500 + 0.001);
const K = count(30, (i) => 0.01 * 1.15 ** i);
const FIELD = { values: count(256, (i) => Math.sin(i)), rows: 16, columns: 16 };

/** Each figure with data that are a little nasty: NaN, zeros on log axes, a constant, one point. */
const FIGURES: Record<string, string> = {
  linePlot: report.linePlot({
    title: 'P_{2D} <&> "Ω"',
    x: { label: 'k [h Mpc^{-1}]', scale: 'log' },
    y: { label: 'P(k)', scale: 'log' },
    series: [
      { name: 'band', x: K, y: K.map((k) => 1 / k), low: K.map((k) => 0.9 / k), high: K.map((k) => 1.1 / k) },
      {
        name: 'with gaps',
        x: K,
        y: K.map((k, i) => (i % 5 === 0 ? Number.NaN : i % 7 === 0 ? 0 : 2 / k)),
        kind: 'dots',
      },
    ],
    rules: [{ y: 10, name: 'limit' }, { x: 0.05 }, { identity: true }],
    lower: { y: { label: 'ratio' }, series: [{ x: K, y: K.map(() => 1) }], rules: [{ y: 1 }] },
  }),
  'linePlot of one point': report.linePlot({ series: [{ x: [1], y: [2] }] }),
  'linePlot of a constant': report.linePlot({ series: [{ x: [1, 2, 3], y: [5, 5, 5] }] }),
  mapPanel: report.mapPanel({
    title: 'maps',
    label: 'δ',
    rowTitles: ['data', 'flow'],
    columns: 2,
    maps: [0, 1, 2, 3].map((i) => ({ ...FIELD, title: `map ${i}, Ω_m = 0.3` })),
  }),
  'mapPanel, diverging, constant, NaN': report.mapPanel({
    colormap: 'diverging',
    maps: [{ values: [0, Number.NaN, 0, 0], rows: 2, columns: 2 }],
  }),
  'cornerPlot of a grid and samples': report.cornerPlot({
    title: 'posterior',
    labels: ['\\Omega_m', '\\sigma_8'],
    posteriors: [
      {
        name: 'grid',
        grid: {
          axes: [count(20, (i) => i / 20), count(30, (i) => i / 30)],
          density: count(600, (i) =>
            Math.exp(-(((Math.floor(i / 30) - 9) / 3) ** 2) - (((i % 30) - 14) / 4) ** 2),
          ),
        },
      },
      {
        name: 'samples',
        samples: { values: count(1000, (i) => NOISE[(i * 17) % 500]!), weights: NOISE },
        linesOnly: true,
      },
    ],
    truth: [0.4, 0.5],
  }),
  'cornerPlot of four parameters': report.cornerPlot({
    labels: ['a', 'b', 'c', 'd'],
    posteriors: [
      { name: 's', samples: { values: count(2000, (i) => NOISE[(i * 31 + (i % 4) * 97) % 500]!) } },
    ],
  }),
  'cornerPlot of one parameter': report.cornerPlot({
    labels: ['a'],
    posteriors: [{ name: 's', samples: { values: NOISE } }],
    truth: [3],
  }),
  scatterIdentity: report.scatterIdentity({
    title: 'likelihoods',
    x: NOISE.map((v) => -5000 + 100 * v),
    y: NOISE.map((v, i) => -5000 + 100 * v + 0.1 * Math.sin(i)),
    xLabel: 'analytic [nats]',
    yLabel: 'flow [nats]',
  }),
  histogram: report.histogram({
    samples: [{ name: 'z', values: NOISE }, { values: NOISE.map((v) => v * v) }],
    bins: 25,
    x: { label: 'z' },
    curves: [{ name: 'flat', x: [0, 1], y: [1, 1], dashed: true }],
  }),
  'histogram, log': report.histogram({
    samples: [{ values: NOISE }],
    x: { scale: 'log' },
    y: { scale: 'log' },
    density: false,
  }),
  rankHistogram: report.rankHistogram({
    ranks: [{ label: '\\Omega_m', fractions: NOISE.map((v) => v - 0.001), pValue: 0.3 }],
  }),
  coverageCurve: report.coverageCurve({ title: 'TARP', curves: [{ name: 'flow', fractions: NOISE }] }),
  splineFigure: report.splineFigure([
    {
      title: 'T̂',
      x: { label: 'k', scale: 'log' },
      y: { scale: 'log' },
      compare: 'ratio',
      knots: [0.02, 0.1],
      curves: [{ name: 'θ', x: K, learned: K.map((k) => k * 1.01), limit: K }],
    },
    {
      title: 'ψ',
      x: { label: 'x' },
      y: { label: 'ψ(x)' },
      compare: 'difference',
      curves: [{ name: 'θ', x: [-1, 0, 1], learned: [-1, 0, 1], limit: [-1, 0.1, 1] }],
    },
  ]),
  lossCurve: report.lossCurve({
    train: {
      step: count(400, (i) => i + 1),
      loss: count(400, (i) => 5000 + 1e6 * Math.exp(-i) + Math.sin(i)),
    },
    validation: { step: [100, 200, 400], loss: [5003, 5001, 5000.5] },
    best: 400,
    floor: { value: 4998, name: 'entropy' },
  }),
};

describe('every figure', () => {
  it.each(Object.entries(FIGURES))('%s is well-formed, has no NaN, and draws', (_, svg) => {
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
    expect(svg).not.toMatch(/NaN|undefined|Infinity|∞/);
    const { data, width, height, channels } = decode(report.svgToPng(svg, 0.5));
    expect(width).toBeGreaterThan(100);
    expect(height).toBeGreaterThan(80);
    const ink = new Set<number>();
    for (let i = 0; i < data.length; i += channels)
      ink.add((data[i]! << 16) | (data[i + 1]! << 8) | data[i + 2]!);
    expect(ink.size).toBeGreaterThan(10);
  });

  it.each(Object.entries(FIGURES))('%s keeps its texts inside its borders', (_, svg) => {
    const [, width, height] = /viewBox="0 0 ([\d.]+) ([\d.]+)"/.exec(svg)!.map(Number);
    const image = decode(report.svgToPng(svg, 1));
    expect([image.width, image.height]).toEqual([Math.ceil(width!), Math.ceil(height!)]);
    const dark = (x: number, y: number): boolean => image.data[(y * image.width + x) * image.channels]! < 200;
    for (let x = 0; x < image.width; x++) expect(dark(x, 0) || dark(x, image.height - 1)).toBe(false);
    for (let y = 0; y < image.height; y++) expect(dark(0, y) || dark(image.width - 1, y)).toBe(false);
  });
});

describe('data that cannot be drawn', () => {
  const cases: [string, () => string, string][] = [
    ['linePlot without series', () => report.linePlot({ series: [] }), 'linePlot: no series to draw'],
    [
      'linePlot, empty',
      () => report.linePlot({ series: [{ name: 'a', x: [], y: [] }] }),
      'linePlot: series a is empty',
    ],
    [
      'linePlot, lengths',
      () => report.linePlot({ series: [{ x: [1, 2], y: [1] }] }),
      'linePlot: series 0: 2 x for 1 y, 1 expected',
    ],
    [
      'linePlot, band',
      () => report.linePlot({ series: [{ x: [1], y: [1], low: [], high: [1] }] }),
      'linePlot: series 0: its band is not as long as y (1)',
    ],
    [
      'linePlot, nothing positive on a log axis',
      () => report.linePlot({ y: { scale: 'log' }, series: [{ x: [1], y: [-1] }] }),
      'linePlot: no positive finite data to draw',
    ],
    ['mapPanel without maps', () => report.mapPanel({ maps: [] }), 'mapPanel: no maps to draw'],
    [
      'mapPanel of NaN',
      () => report.mapPanel({ maps: [{ values: [Number.NaN], rows: 1, columns: 1 }] }),
      'mapPanel: no finite values to draw',
    ],
    [
      'mapPanel, shape',
      () => report.mapPanel({ maps: [{ ...FIELD, rows: 15 }] }),
      '256 values for 15 rows of 16',
    ],
    [
      'cornerPlot without posteriors',
      () => report.cornerPlot({ labels: ['a'], posteriors: [] }),
      'no posteriors to draw',
    ],
    [
      'cornerPlot with neither',
      () => report.cornerPlot({ labels: ['a'], posteriors: [{ name: 'x' }] }),
      'x: give samples or a grid',
    ],
    [
      'cornerPlot, samples',
      () =>
        report.cornerPlot({
          labels: ['a', 'b'],
          posteriors: [{ name: 'x', samples: { values: [1, 2, 3] } }],
        }),
      'x: 3 values are no samples of 2 parameters',
    ],
    [
      'cornerPlot, truth',
      () =>
        report.cornerPlot({
          labels: ['a'],
          posteriors: [{ name: 'x', samples: { values: NOISE } }],
          truth: [1, 2],
        }),
      '2 true values for 1 parameters',
    ],
    [
      'cornerPlot, grid',
      () =>
        report.cornerPlot({
          labels: ['a'],
          posteriors: [{ name: 'x', grid: { axes: [[1, 2]], density: [1] } }],
        }),
      'x: a grid of 1 axes and 1 values',
    ],
    [
      'scatterIdentity',
      () => report.scatterIdentity({ x: [1], y: [], xLabel: '', yLabel: '' }),
      'scatterIdentity: 1 x for 0 y',
    ],
    [
      'histogram, empty',
      () => report.histogram({ samples: [{ values: [] }] }),
      'histogram: no finite data to draw',
    ],
    ['histogram, none', () => report.histogram({ samples: [] }), 'histogram: no samples to draw'],
    [
      'rankHistogram',
      () => report.rankHistogram({ ranks: [{ label: 'a', fractions: [2] }] }),
      'rankHistogram: a: rank 2 is not in [0, 1]',
    ],
    [
      'rankHistogram, empty',
      () => report.rankHistogram({ ranks: [{ label: 'a', fractions: [] }] }),
      'no ranks to draw',
    ],
    ['coverageCurve', () => report.coverageCurve({ curves: [] }), 'coverageCurve: no curves to draw'],
    ['splineFigure', () => report.splineFigure([]), 'no panels to draw'],
    ['lossCurve', () => report.lossCurve({ train: { step: [], loss: [] } }), 'series training is empty'],
  ];
  it.each(cases)('%s', (_, draw, message) => {
    expect(draw).toThrow(RangeError);
    expect(draw).toThrow(message);
  });
});

describe('data are where they should be', () => {
  it('the extremes of a line lie inside the frame, the largest value on top', () => {
    const svg = report.linePlot({
      series: [{ x: [0, 1, 2], y: [3, -7, 11], color: '#123456' }],
      width: 500,
      height: 300,
    });
    const path = /<path d="([^"]*)" fill="none" stroke="#123456"/.exec(svg)![1]!;
    const points = path
      .split(/[ML]/)
      .slice(1)
      .map((pair) => pair.split(',').map(Number) as [number, number]);
    const frame = /<svg x="0" y="0" width="([\d.]+)" height="([\d.]+)" overflow="hidden">/
      .exec(svg)!
      .slice(1)
      .map(Number);
    expect(points).toHaveLength(3);
    for (const [x, y] of points) {
      expect(x).toBeGreaterThan(0);
      expect(x).toBeLessThan(frame[0]!);
      expect(y).toBeGreaterThan(0);
      expect(y).toBeLessThan(frame[1]!);
    }
    expect(points[2]![1]).toBeLessThan(points[0]![1]);
    expect(points[0]![1]).toBeLessThan(points[1]![1]);
    const [a, b, c] = points.map(([, y]) => y) as [number, number, number];
    expect((b - a) / (b - c)).toBeCloseTo(10 / 18, 3);
  });

  it('a gap in the data is a gap in the line', () => {
    const svg = report.linePlot({
      series: [{ x: [0, 1, 2, 3, 4], y: [1, 2, Number.NaN, 2, 1], color: '#123456' }],
    });
    expect(/<path d="([^"]*)" fill="none" stroke="#123456"/.exec(svg)![1]!.match(/M/g)).toHaveLength(2);
  });

  it('a map keeps its orientation: the first row on top, the largest value yellow', () => {
    const png = decode(report.fieldPng([0, 1, 2, 3, 4, 5], 2, 3, [0, 5]));
    expect([png.width, png.height]).toEqual([3, 2]);
    expect([...png.data.subarray(0, 3)]).toEqual([68, 1, 84]);
    expect([...png.data.subarray(15, 18)]).toEqual([253, 231, 37]);
    expect([...decode(report.fieldPng([Number.NaN], 1, 1, [0, 1])).data]).toEqual([160, 160, 160]);
  });
});

describe('binomialQuantile', () => {
  it('agrees with scipy.stats.binom.ppf', () => {
    expect(report.binomialQuantile(0.005, 500, 0.05)).toBe(13);
    expect(report.binomialQuantile(0.995, 500, 0.05)).toBe(38);
    expect(report.binomialQuantile(0.5, 10, 0.5)).toBe(5);
    expect(report.binomialQuantile(0.005, 2000, 0.999)).toBe(1994);
  });
});

describe('meanWithError', () => {
  it('gives two digits of the error', () => {
    expect(report.meanWithError(0.31234, 0.0123)).toBe('0.312 ± 0.012');
    expect(report.meanWithError(-1234.5, 67)).toBe('−1235 ± 67');
    expect(report.meanWithError(1, 0)).toBe('1.000 ± 0.000');
  });
});
