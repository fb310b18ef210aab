/** SoundFormat (FLV E.4.2.1; 9 is Enhanced RTMP's ExHeader). */
export const SoundFormat = { mp3: 2, exHeader: 9, aac: 10, mp3At8kHz: 14 } as const;

/** AACPacketType (FLV E.4.2.1). */
export const AacPacketType = { sequenceHeader: 0, raw: 1 } as const;

/** AudioPacketType (Enhanced RTMP). */
export const AudioPacketType = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  multichannelConfig: 4,
  multitrack: 5,
  modEx: 7,
} as const;

/** The first byte of every AAC tag: FLV fixes rate 44 kHz, size 16 bits and stereo, whatever the stream is. */
export const aacTagHeader = (SoundFormat.aac << 4) | (3 << 2) | (1 << 1) | 1;

/** Bytes in front of the raw AAC frame or the AudioSpecificConfig. */
export const aacHeaderSize = 2;

/**
 * The one byte in front of an MP3 frame. SoundRate knows 5.5, 11, 22 and 44 kHz: the next higher one is told, since
 * the frames tell their own. 8 kHz has a SoundFormat of its own, 14, which FFmpeg cannot read: it goes as format 2, too.
 */
export function mp3TagHeader(sampleRate: number, channels: number): number {
  const rate = sampleRate > 24_000 ? 3 : sampleRate > 12_000 ? 2 : 1;
  return (SoundFormat.mp3 << 4) | (rate << 2) | (1 << 1) | (channels > 1 ? 1 : 0);
}
