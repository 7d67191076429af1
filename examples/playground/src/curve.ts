import { makeSvg } from './dom.ts';

const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP, RIGHT] = [260, 110, 24, 18, 8, 6];

/** A curve over 0 … 1 as an SVG. `shares` are the x of the `values`; even steps unless given. */
export function curve(title: string, values: readonly number[], shares?: readonly number[]): SVGSVGElement {
  const top = Math.max(1e-9, ...values) > 1 ? Math.max(...values) : 1;
  const low = Math.min(0, ...values);
  const x = (share: number): number => LEFT + share * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + (1 - (value - low) / (top - low)) * (HEIGHT - TOP - BOTTOM);
  const points = values.map(
    (value, i) => `${x(shares?.[i] ?? i / Math.max(1, values.length - 1)).toFixed(1)},${y(value).toFixed(1)}`,
  );
  const line = `M${points.join('L')}`;
  const text = (content: string, at: readonly [number, number], anchor: string): SVGTextElement =>
    makeSvg('text', { x: at[0], y: at[1], 'text-anchor': anchor }, content);
  return makeSvg(
    'svg',
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': title },
    makeSvg('path', { class: 'area', d: `${line}L${x(1)},${y(low)}L${x(0)},${y(low)}Z` }),
    makeSvg('path', { class: 'axis', d: `M${x(0)},${y(top)}V${y(low)}H${x(1)}`, fill: 'none' }),
    makeSvg('path', { class: 'line', d: line }),
    text(top.toPrecision(2).replace(/\.?0+$/, ''), [LEFT - 4, y(top) + 8], 'end'),
    text(low.toPrecision(2).replace(/\.?0+$/, '') || '0', [LEFT - 4, y(low)], 'end'),
    text('0 %', [x(0), HEIGHT - 4], 'start'),
    text('100 % of the pixels', [x(1), HEIGHT - 4], 'end'),
  );
}
