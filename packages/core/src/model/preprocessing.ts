/** How a picture becomes the network's input: (value · scale − mean) / std per channel, after resizing and a centre crop. */
export interface Preprocessing {
  /** Height and width of the input; taken from the model where it is static. */
  readonly size: readonly [height: number, width: number];
  readonly channelOrder: 'RGB' | 'BGR' | 'gray';
  /** On pixel values 0 … 255, in the channel order of the input. */
  readonly mean255: readonly number[];
  readonly std255: readonly number[];
  /** `crop`: shorter side to size / cropFraction, then the centre; `stretch`: straight to the size. */
  readonly fit: 'crop' | 'stretch';
  /** 0.875 = 224 / 256, as ImageNet networks are tested. */
  readonly cropFraction: number;
}
