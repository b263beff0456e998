/**
 * SVG to PNG with resvg, with the fonts of this package: the same picture on every machine.
 */
import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';

const require = createRequire(import.meta.url);

/**
 * Draws a figure as a PNG.
 * @param svg - a figure of this package
 * @param scale - pixels a unit of the SVG (default 2)
 */
export function svgToPng(svg: string, scale = 2): Uint8Array {
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      loadSystemFonts: false,
      fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) =>
        require.resolve(`dejavu-fonts-ttf/ttf/${name}`),
      ),
      defaultFontFamily: 'DejaVu Sans',
      sansSerifFamily: 'DejaVu Sans',
    },
  });
  const { buffer, byteOffset, byteLength } = image.render().asPng();
  return new Uint8Array(buffer, byteOffset, byteLength);
}
