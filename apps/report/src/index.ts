/**
 * What draws: figures as SVG strings, PNG, and self-contained HTML pages. Functions take data and return text; nothing
 * here computes results or touches the disk.
 */
export type { AxisOptions } from './axes.ts';
export {
  binomialQuantile,
  type Coverage,
  type CoverageCurveOptions,
  coverageCurve,
  type RankHistogramOptions,
  type Ranks,
  rankHistogram,
} from './calibration.ts';
export { type CornerPlotOptions, type CornerPosterior, cornerPlot, meanWithError } from './corner-plot.ts';
export type { PosteriorGrid, PosteriorSamples } from './density.ts';
export { type HistogramOptions, type HistogramSample, histogram } from './histogram.ts';
export { type LinePlotOptions, type LowerPanel, linePlot } from './line-plot.ts';
export { type LossCurveOptions, type LossHistory, lossCurve } from './loss-curve.ts';
export { type FieldMap, type MapPanelOptions, mapPanel } from './map-panel.ts';
export {
  type Cell,
  figure,
  htmlPage,
  type KeyFigure,
  keyFigures,
  type LimitRow,
  limitsTable,
  type PageOptions,
  type PageSection,
  paragraph,
  row,
  type TableOptions,
  table,
} from './page.ts';
export { svgToPng } from './png.ts';
export { type Colormap, fieldPng } from './raster.ts';
export { type ScatterIdentityOptions, scatterIdentity } from './scatter-identity.ts';
export type { Rule, Series } from './series.ts';
export { type LearnedCurve, type SplinePanel, splineFigure } from './spline-figure.ts';
export { formatNumber } from './text.ts';
