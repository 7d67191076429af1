import { background } from './background.ts';
import type { Background } from './background.ts';
import { area, boxOf, Canvas, coverage, height, toMask, width } from './canvas.ts';
import type { Box, Mask, Shape } from './canvas.ts';
import { classNames, figures } from './classes.ts';
import { mix, vivid } from './colour.ts';
import type { Colour } from './colour.ts';
import { distractor } from './distractors.ts';
import type { DistractorKind } from './distractors.ts';
import { place, turn } from './place.ts';
import { random } from './random.ts';
import type { Random } from './random.ts';
import { anyTexture, pattern } from './texture.ts';
import type { Texture } from './texture.ts';

/** RGBA bytes, row by row: an ImageData fits, and core takes it as it is. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

export interface Distractor {
  readonly kind: DistractorKind;
  /** Its visible pixels; never a pixel of an object's mask, since objects lie on top. */
  readonly mask: Mask;
  readonly box: Box;
  /** Share of its pixels behind objects, at most `mostHidden`. */
  readonly hidden: number;
}

/** An object of a class, as it was drawn. */
export interface SceneObject {
  readonly label: number;
  /** 1 where the object covers at least half of the pixel; nothing ever lies over an object. */
  readonly mask: Mask;
  readonly box: Box;
  /** Diameter in pixels of a disc that looks as large. */
  readonly size: number;
  readonly texture: Texture;
}

export interface Scene extends SceneObject {
  readonly seed: number;
  readonly picture: Picture;
  /** One box per object: here one. */
  readonly boxes: readonly [Box];
  readonly distractors: readonly Distractor[];
}

export interface PairScene {
  readonly seed: number;
  readonly picture: Picture;
  /** Two objects of different classes that do not touch. */
  readonly objects: readonly [SceneObject, SceneObject];
  readonly labels: readonly [number, number];
  readonly masks: readonly [Mask, Mask];
  readonly boxes: readonly [Box, Box];
  readonly distractors: readonly Distractor[];
}

export interface SceneOptions {
  /** Class of the object; seed modulo 8 unless given, so that any run of seeds is balanced. */
  readonly label?: number;
  /** How many distractors to aim for; 2 … 6 by chance unless given. */
  readonly distractors?: number;
}

/** At most this share of a distractor may be hidden behind objects. */
export const mostHidden = 0.25;

/** One object of a class among distractors. */
export function drawScene(seed: number, options: SceneOptions = {}): Scene {
  const chance = random(seed);
  const label = classAt(options.label ?? (seed >>> 0) % classNames.length);
  const ground = background(chance);
  const object = makeObject(chance, label, between(chance, 14, 34), ground);
  const { picture, distractors } = compose(chance, ground, [object], options.distractors);
  return { seed, picture, distractors, ...object.facts, boxes: [object.facts.box] };
}

/** Two objects of different classes in one picture, with a mask for each: what a class-discriminative map must tell apart. */
export function drawPair(seed: number, options: Pick<SceneOptions, 'distractors'> = {}): PairScene {
  const chance = random(seed ^ 0x50616972); // "Pair": other pictures than drawScene makes of the same seed
  const first = (seed >>> 0) % classNames.length;
  const second = (first + 1 + chance.integer(classNames.length - 1)) % classNames.length;
  const ground = background(chance);
  const make = (label: number): Made => makeObject(chance, label, between(chance, 14, 25), ground);
  let [a, b] = [make(first), make(second)];
  // Both are drawn anew: an object in the middle may leave no room for another.
  while (!apart(a.facts.box, b.facts.box)) [a, b] = [make(first), make(second)];
  const { picture, distractors } = compose(chance, ground, [a, b], options.distractors);
  const [left, right] = [a.facts, b.facts];
  return {
    seed,
    picture,
    distractors,
    objects: [left, right],
    labels: [first, second],
    masks: [left.mask, right.mask],
    boxes: [left.box, right.box],
  };
}

interface Made {
  readonly shape: Shape;
  readonly covered: Uint8Array;
  readonly colour: Colour;
  readonly facts: SceneObject;
}

function makeObject(chance: Random, label: number, size: number, { colours }: Background): Made {
  const { inside, reach } = figures[classNames[label]!];
  const extent = (size / 2) * reach;
  const margin = extent + 1; // the whole object is in the picture
  const [x, y] = [between(chance, margin, width - margin), between(chance, margin, height - margin)];
  const spot = place(x, y, size / 2, turn(chance));
  const colour = vivid(chance, colours);
  const tint = mix(colour, chance.next() < 0.5 ? [255, 255, 255] : [20, 20, 30], between(chance, 0.3, 0.5));
  const texture = anyTexture(chance);
  const grain = place(x, y, 1, turn(chance)); // the pattern is turned by itself, and its period is in pixels
  const paint = pattern(texture, between(chance, 4.5, 8), colour, tint);
  const shape: Shape = {
    bounds: [x - extent, y - extent, x + extent, y + extent],
    inside: (px, py) => inside(...spot.toOwn(px, py)),
    // Lit from the top left.
    colour: (px, py) => mix(paint(...grain.toOwn(px, py)), [255, 255, 255], 0.07 * (1 - (px - x + py - y) / extent)),
  };
  const covered = coverage(shape);
  const mask = toMask(covered);
  return { shape, covered, colour, facts: { label, mask, box: boxOf(mask), size, texture } };
}

/** Background, then distractors, then objects, then grain. */
function compose(chance: Random, ground: Background, objects: readonly Made[], count = 2 + chance.integer(5)) {
  const canvas = new Canvas();
  canvas.fill(ground.colour);
  const taken = new Uint8Array(width * height);
  for (const { facts } of objects) facts.mask.forEach((pixel, i) => pixel && (taken[i] = 1));
  const drawn: Omit<Distractor, 'box'>[] = [];
  for (let attempt = 0; attempt < 6 * count && drawn.length < count; attempt++) {
    // Some share the object's colour, so that colour does not give it away.
    const colour = chance.next() < 0.3 ? objects[0]!.colour : vivid(chance, ground.colours, 60);
    const { kind, shape } = distractor(chance, colour);
    const covered = coverage(shape);
    const whole = toMask(covered);
    const mask = whole.map((pixel, i) => (taken[i] ? 0 : pixel));
    const hidden = 1 - area(mask) / area(whole);
    if (!(hidden <= mostHidden)) continue; // NaN, of nothing in the picture, is out as well
    // A later one may lie over an earlier one, whose pixels it takes.
    for (const { mask: earlier } of drawn) mask.forEach((pixel, i) => pixel && (earlier[i] = 0));
    canvas.paint(shape, covered);
    drawn.push({ kind, mask, hidden });
  }
  for (const { shape, covered } of objects) canvas.paint(shape, covered);
  // The sum of two uniform numbers: bell-shaped enough, without a logarithm.
  const picture = canvas.toPicture(() => (ground.grain > 0 ? ground.grain * (chance.next() + chance.next() - 1) : 0));
  const distractors = drawn
    .filter(({ mask }) => area(mask) > 0)
    .map((seen): Distractor => ({ ...seen, box: boxOf(seen.mask) }));
  return { picture, distractors };
}

function classAt(label: number): number {
  if (Number.isInteger(label) && label >= 0 && label < classNames.length) return label;
  throw new RangeError(`label must be a whole number from 0 to ${classNames.length - 1}, not ${label}`);
}

/** Whether two boxes have two pixels or more between them. */
function apart(a: Box, b: Box): boolean {
  return a[2] + 2 <= b[0] || b[2] + 2 <= a[0] || a[3] + 2 <= b[1] || b[3] + 2 <= a[1];
}

function between(chance: Random, low: number, high: number): number {
  return low + (high - low) * chance.next();
}
