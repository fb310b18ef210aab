/** samplingFrequencyIndex (ISO/IEC 14496-3 Table 1.18), Hz; 13 and 14 are reserved, 15 is an escape. */
export const samplingFrequencies: readonly number[] = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

/**
 * Channels of channelConfiguration 0 (in a program config element) to 14 (Table 1.19); 0: not told or
 * reserved.
 */
export const configurationChannels: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 8, 0, 0, 0, 7, 8, 0, 8, 0];
