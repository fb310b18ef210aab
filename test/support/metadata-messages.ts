// Metadata, and the body of the data message that it becomes.

import type { SentMetadata } from '@cloudpush/engine';

/** The device's own time in the messages, ms since 1970. */
export const metadataTime = 1_767_225_600_000;

/** Written by hand from the AMF0 specification. */
const written: readonly (readonly [SentMetadata, string])[] = [
  [
    { type: 'streamStart', trigger: 'face', time: metadataTime },
    `02 000d 6f6e53747265616d5374617274 03 0007 74726967676572 00 4000000000000000
     0004 74696d65 00 4279b76daa800000 0000 09`,
  ],
  [
    { type: 'bitrate', audio: 64_000, video: 2_000_000 },
    `02 0009 6f6e42697472617465 03 0005 617564696f 00 40ef400000000000 0005 766964656f 00 413e848000000000
     000d 6d65617375726564417564696f 00 0000000000000000 000d 6d65617375726564566964656f 00 0000000000000000 0000 09`,
  ],
  [
    { type: 'dropFrames', audio: 3, video: 7 },
    `02 000c 6f6e44726f704672616d6573 03 0005 617564696f 00 4008000000000000 0005 766964656f 00 401c000000000000
     000d 6d65617375726564417564696f 00 0000000000000000 000d 6d65617375726564566964656f 00 0000000000000000 0000 09`,
  ],
  [
    { type: 'disconnect', code: -5 },
    '02 000c 6f6e446973636f6e6e656374 03 0004 636f6465 00 c014000000000000 0000 09',
  ],
  [
    { type: 'triggerChange', from: 2, to: 'live' },
    `02 000f 6f6e547269676765724368616e6765 03 0004 66726f6d 00 4000000000000000
     0002 746f 00 4059000000000000 0000 09`,
  ],
  [
    { type: 'streamEnd', alarmDuration: 10_000, time: metadataTime },
    `02 000b 6f6e53747265616d456e64 03 000d 616c61726d4475726174696f6e 00 40c3880000000000
     0004 74696d65 00 4279b76daa800000 0000 09`,
  ],
];

export const metadataMessages = written.map(([metadata, hex]) => ({
  metadata,
  hex: hex.replaceAll(/\s/g, ''),
}));
