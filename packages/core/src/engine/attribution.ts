import { colourMap, colourMapNames, colourTable, type ColourMapName } from '../../kernels/colour-map/reference.ts';
import { SightlineError } from '../errors.ts';
import { fromJson, toJson } from './attribution-json.ts';
import { pictureOf, type PagePicture } from './page-picture.ts';
import { part, stretch } from './picture.ts';
import type { AttributionData, Picture } from './types.ts';

export interface DrawOptions {
  /** The picture that was explained, to lie beneath: the map is blended over the part of it that the network saw. */
  readonly over?: PagePicture;
  /** Of the map: 1 hides the picture. 0.5 over a picture unless given. */
  readonly opacity?: number;
  /** Pixels; those of the picture's part unless given, or of the map where there is no picture. */
  readonly width?: number;
  readonly height?: number;
  readonly colours?: ColourMapName;
}

/** An explanation: the map and where it came from, to be drawn, saved and read again. */
export class Attribution implements AttributionData {
  declare readonly method: AttributionData['method'];
  declare readonly title: AttributionData['title'];
  declare readonly display: AttributionData['display'];
  declare readonly options: AttributionData['options'];
  declare readonly target: AttributionData['target'];
  declare readonly class: AttributionData['class'];
  declare readonly logit: AttributionData['logit'];
  declare readonly probability: AttributionData['probability'];
  declare readonly map: AttributionData['map'];
  declare readonly coefficients?: NonNullable<AttributionData['coefficients']>;
  declare readonly extras?: NonNullable<AttributionData['extras']>;
  declare readonly saliency: AttributionData['saliency'];
  declare readonly heat: AttributionData['heat'];
  declare readonly input: AttributionData['input'];
  declare readonly preprocessing?: NonNullable<AttributionData['preprocessing']>;
  declare readonly crop: AttributionData['crop'];
  declare readonly model: AttributionData['model'];
  declare readonly backend: AttributionData['backend'];
  declare readonly refusals: AttributionData['refusals'];
  declare readonly versions: AttributionData['versions'];
  declare readonly milliseconds: AttributionData['milliseconds'];

  constructor(data: AttributionData) {
    // Its own fields, so that a copy (structuredClone, postMessage) is an AttributionData again.
    Object.assign(this, data);
  }

  /** The heat map in colours, for a canvas. Needs a browser; `toPicture` is the same anywhere. Throws as that does. */
  toImageData(options: DrawOptions = {}): ImageData {
    const { width, height, data } = this.toPicture(options);
    const image = new ImageData(width, height);
    image.data.set(data);
    return image;
  }

  /**
   * The heat map in colours, as RGBA bytes. Throws `bad-option` for a size or opacity that is none, `bad-input` where `over`
   * is not the picture that was explained.
   */
  toPicture(options: DrawOptions = {}): Picture {
    const { over, opacity = over ? 0.5 : 1, colours = 'ember' } = options;
    if (!(opacity >= 0 && opacity <= 1))
      throw new SightlineError('bad-option', `opacity must be from 0 to 1, not ${opacity}`);
    if (!colourMapNames.includes(colours))
      throw new SightlineError(
        'bad-option',
        `colours must be one of ${colourMapNames.join(', ')}, not ${String(colours)}`,
      );
    const [heatHeight = 0, heatWidth = 0] = this.heat.dims;
    const width = pixels('width', options.width ?? (over ? this.crop.width : heatWidth));
    const height = pixels('height', options.height ?? (over ? this.crop.height : heatHeight));
    const heat = stretch(this.heat.data, heatWidth, heatHeight, width, height);
    const data = new Uint8Array(4 * width * height);
    const beneath = over ? part(pictureOf(over), this.crop, width, height) : new Uint8Array(data.length);
    colourMap(heat, colourTable(colours), beneath, data, opacity, width * height);
    return { width, height, data };
  }

  /**
   * Plain data that JSON keeps exactly: every field by its name, tensors as `{ $tensor, dims, base64 }` (the type's name, the
   * shape, and the numbers' bytes, little-endian), numbers that JSON lacks as `{ $number: 'NaN' }`.
   */
  toJSON(): Record<string, unknown> {
    return { format, ...(toJson({ ...this }) as Record<string, unknown>) };
  }

  /** What `toJSON` gave, as text or parsed. Throws `bad-input` for anything else. */
  static fromJSON(json: unknown): Attribution {
    const plain: unknown = typeof json === 'string' ? parse(json) : json;
    if (typeof plain !== 'object' || plain === null || !('format' in plain) || plain.format !== format) {
      throw new SightlineError('bad-input', `this is no saved attribution: its format must be '${format}'`);
    }
    const { format: _, ...fields } = plain;
    // JSON drops what is undefined.
    const data = { class: undefined, ...(fromJson(fields) as Partial<AttributionData>) };
    for (const field of ['map', 'saliency', 'heat', 'input'] as const) {
      if (!data[field]?.data) throw new SightlineError('bad-input', `the saved attribution has no ${field}`, { field });
    }
    return new Attribution(data as AttributionData);
  }
}

const format = 'sightline-attribution-1';

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SightlineError('bad-input', `this is no saved attribution: ${(cause as Error).message}`, {}, { cause });
  }
}

function pixels(name: string, value: number): number {
  const rounded = Math.round(value);
  if (rounded >= 1 && Number.isFinite(rounded)) return rounded;
  throw new SightlineError('bad-option', `${name} must be a number of pixels, not ${value}`, { [name]: value });
}
